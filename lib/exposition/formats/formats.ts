import type { Problem } from '../../error.js';
import type { ExpositionFormat } from '../../store/exposed-family.js';
import { checkInTurn, checkValue, isFunction, isObject, type Rule } from '../../validation.js';
import { openMetricsFormat } from './open-metrics-format.js';
import { protobufFormat } from './protobuf-format.js';
import { textFormat } from './text-format.js';

/** The built-in formats. The first one answers a request that accepts anything. */
export const builtInFormats: readonly ExpositionFormat[] = [textFormat, openMetricsFormat, protobufFormat];

// Why: the label `format` of the endpoint's own metrics has these values for other purposes.
const reservedNames = ['none', 'other'];

const mediaTypePattern = /^[a-z0-9][a-z0-9!#$&^_.+-]*\/[a-z0-9][a-z0-9!#$&^_.+-]*$/;

const isFormatName = (value: unknown): boolean => typeof value === 'string' && /^[a-z][a-z0-9_-]*$/.test(value);
const isMediaType = (value: unknown): boolean => typeof value === 'string' && mediaTypePattern.test(value);

const formatRule: Rule = {
  must: 'be an object with name, mediaType and render',
  accepts: isObject,
  remedy: 'Write { name: "names", mediaType: "application/x-names", render }',
  isRequired: true,
};
const nameRule: Rule = {
  must: 'be a word of lower-case letters and digits',
  accepts: isFormatName,
  remedy: 'Write for example "names"',
  isRequired: true,
};
const mediaTypeRule: Rule = {
  must: 'be a media type in lower case without parameters',
  accepts: isMediaType,
  remedy: 'Write for example "application/x-names"',
  isRequired: true,
};
const contentTypeRule: Rule = {
  must: 'be a function of the parameters',
  accepts: isFunction,
  remedy: 'Leave it out to answer with the media type',
};
const escapingRule: Rule = {
  must: 'be a function of the parameters',
  accepts: isFunction,
  remedy: 'Leave it out to get legal names only',
};
const renderRule: Rule = {
  must: 'be a function that returns chunks of bytes',
  accepts: isFunction,
  remedy: 'Write render: (families) => [ … ]',
  isRequired: true,
};

type Unchecked = Readonly<Partial<Record<keyof ExpositionFormat, unknown>>>;

/** Finds everything that is wrong with formats that are added to the built-in ones. */
export function checkFormats(formats: readonly unknown[]): Problem[] {
  return formats.flatMap((format, i) => {
    const subject = `formats[${i}]`;
    if (!isObject(format)) return checkValue(`"${subject}"`, formatRule, format);
    return checkFormat(subject, format, [...builtInFormats, ...formats.slice(0, i).filter(isObject)]);
  });
}

function checkFormat(subject: string, format: Unchecked, others: readonly Unchecked[]): Problem[] {
  const otherName: Rule = {
    must: 'differ from the names of the other formats and from reserved names',
    accepts: (name) => !reservedNames.includes(name as string) && others.every((other) => other.name !== name),
    remedy: 'Use another name',
  };
  const otherMediaType: Rule = {
    must: 'differ from the media types of the other formats',
    accepts: (mediaType) => others.every((other) => other.mediaType !== mediaType),
    remedy: 'Use another media type',
  };
  return [
    ...checkInTurn(`"${subject}.name"`, [nameRule, otherName], format.name),
    ...checkInTurn(`"${subject}.mediaType"`, [mediaTypeRule, otherMediaType], format.mediaType),
    ...checkValue(`"${subject}.contentType"`, contentTypeRule, format.contentType),
    ...checkValue(`"${subject}.escaping"`, escapingRule, format.escaping),
    ...checkValue(`"${subject}.render"`, renderRule, format.render),
  ];
}
