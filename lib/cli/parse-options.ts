import { type ParseArgsConfig, parseArgs } from 'node:util';
import { findNearest } from '../nearest-name.js';

type Options = NonNullable<ParseArgsConfig['options']>;

/** What the arguments of a command give. */
type Parsed<O extends Options> = ReturnType<
  typeof parseArgs<{ readonly options: O; readonly allowPositionals: true; readonly strict: true }>
>;

/** One option as it is written among the arguments. */
interface WrittenOption {
  readonly name: string;
  /** The option with its dashes, without its value. */
  readonly rawName: string;
  readonly value: string | undefined;
  /** Whether the value follows an equals sign. */
  readonly inlineValue: boolean | undefined;
}

/**
 * Parses the arguments of a command.
 *
 * Why Node's own check is off: it does not say what to do, and repeats a value that may be a secret.
 *
 * @throws Error where an option is unknown, or has no value, or has one and takes none.
 */
export function parseOptions<O extends Options>(args: readonly string[], options: O): Parsed<O> {
  const { tokens, ...parsed } = parseArgs({
    args: [...args],
    options,
    allowPositionals: true,
    strict: false,
    tokens: true,
  });
  for (const token of tokens) if (token.kind === 'option') check(token as WrittenOption, options);
  return parsed as Parsed<O>;
}

function check({ name, rawName, value, inlineValue }: WrittenOption, options: Options): void {
  const option = Object.hasOwn(options, name) ? options[name] : undefined;
  if (option === undefined) throw createUnknownOption(name, rawName, Object.keys(options));
  if (option.type === 'boolean') {
    if (value !== undefined)
      throw new Error(`${rawName} takes no value (given one after "="). Write ${rawName} alone.`);
  } else if (value === undefined) {
    throw new Error(`${rawName} must have a value (given none). Write it after a blank.`);
  } else if (!inlineValue && /^-./.test(value)) {
    throw new Error(
      `${rawName} must have a value (given none, or one that begins with a dash). Write ${rawName}=VALUE if the value begins with a dash.`,
    );
  }
}

function createUnknownOption(name: string, rawName: string, names: readonly string[]): Error {
  const nearest = findNearest(name, names);
  const remedy =
    nearest === undefined
      ? `Use one of ${names.map((known) => `--${known}`).join(', ')}.`
      : `Did you mean --${nearest}?`;
  return new Error(`option ${rawName} is unknown (given ${rawName}). ${remedy}`);
}
