import { type Problem, shown } from '../../error.js';
import { isObject, unless } from '../../families/family-problems.js';
import type { ExpositionFormat } from '../../store/exposed-family.js';
import { openMetricsFormat } from './open-metrics-format.js';
import { textFormat } from './text-format.js';

/** The built-in formats. The first one answers a request that accepts anything. */
export const builtInFormats: readonly ExpositionFormat[] = [textFormat, openMetricsFormat];

// The label `format` of the endpoint's own metrics has these values too.
const reservedNames = ['none', 'other', ...builtInFormats.map(({ name }) => name)];

/** Lists what is wrong with the option `formats`. */
export function formatsProblems(formats: unknown): Problem[] {
  if (formats === undefined) return [];
  if (!Array.isArray(formats)) {
    const message = `"formats" must be a list of exposition formats (given ${shown(formats)}). Write [myFormat].`;
    return [{ code: 'illegal_option', message }];
  }
  return formats.flatMap((format, i) => formatProblems(`formats[${i}]`, format, formats.slice(0, i)));
}

function formatProblems(subject: string, format: unknown, before: readonly unknown[]): Problem[] {
  if (!isObject(format)) {
    const message = `"${subject}" must be an object with name, mediaType and render (given ${shown(format)}). Write { name: "names", mediaType: "application/x-names", render }.`;
    return [{ code: 'illegal_option', message }];
  }
  const { name, mediaType, contentType, render } = format;
  const others = [...builtInFormats, ...before.filter(isObject)];
  const refuse = (isRight: boolean, property: string, wrong: string): Problem[] =>
    unless(isRight, 'illegal_option', () => `"${subject}.${property}" ${wrong}`);
  return [
    ...refuse(
      typeof name === 'string' && /^[a-z][a-z0-9_-]*$/.test(name),
      'name',
      `must be a word of lower-case letters and digits (given ${shown(name)}). Write for example "names".`,
    ),
    ...refuse(
      !reservedNames.includes(name as string) && others.every((other) => other.name !== name),
      'name',
      `${shown(name)} is the name of another format (given twice, or reserved). Use another name.`,
    ),
    ...refuse(
      typeof mediaType === 'string' && /^[a-z0-9][a-z0-9!#$&^_.+-]*\/[a-z0-9][a-z0-9!#$&^_.+-]*$/.test(mediaType),
      'mediaType',
      `must be a media type in lower case without parameters (given ${shown(mediaType)}). Write for example "application/x-names".`,
    ),
    ...refuse(
      others.every((other) => other.mediaType !== mediaType),
      'mediaType',
      `${shown(mediaType)} belongs to another format (given twice, or built in). Use another media type.`,
    ),
    ...refuse(
      contentType === undefined || typeof contentType === 'function',
      'contentType',
      `must be a function of the parameters (given ${shown(contentType)}). Leave it out to answer with the media type.`,
    ),
    ...refuse(
      typeof render === 'function',
      'render',
      `must be a function that gives chunks of bytes (given ${shown(render)}). Write render: (families) => [ … ].`,
    ),
  ];
}
