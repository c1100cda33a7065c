import { PrometheusRecorder, type PrometheusRecorderOptions } from '../entries.js';

/** Makes the product say something: what it throws, or what it returns, is golden. */
export type Case = () => unknown;

/** The cases of one area, by what is wrong in each. */
export type Cases = Readonly<Record<string, Case>>;

/** Arguments as they may come from JavaScript. */
// biome-ignore lint/suspicious/noExplicitAny: the types refuse what these cases are about.
export type Untyped = any;

/** What is an own text, rather than the path, port or hash of this run, and what stands for it. */
export type Placeholders = readonly (readonly [found: RegExp | string, placeholder: string])[];

/** The cases with what they say, as the text of a golden file. A case that says nothing is an error. */
export async function textOf(cases: Cases, placeholders: () => Placeholders = () => []): Promise<string> {
  const blocks: string[] = [];
  for (const [name, run] of Object.entries(cases)) {
    const messages = await said(name, run);
    let block = `${name} →${messages.length === 1 ? ` ${messages[0]}` : `\n${messages.join('\n')}`}`;
    for (const [found, placeholder] of placeholders()) block = block.replaceAll(found, placeholder);
    blocks.push(`${block.replaceAll('\n', '\n    ')}\n`);
  }
  return blocks.join('');
}

async function said(name: string, run: Case): Promise<string[]> {
  const messages = [await settled(run)].flat().map(spelled);
  if (messages.length === 0) throw new Error(`the case "${name}" says nothing`);
  return messages;
}

async function settled(run: Case): Promise<unknown> {
  try {
    return await run();
  } catch (error) {
    const { name } = error as Error;
    if (name === 'MetricsError' || name === 'AssertionError') return error;
    // Why: what a matcher of Jest throws has no name of its own.
    if ('matcherResult' in (error as Error)) return { code: 'JestAssertionError', message: (error as Error).message };
    throw error;
  }
}

interface Message {
  readonly code?: string;
  readonly name?: string;
  readonly message: string;
}

function spelled(said: unknown): string {
  if (typeof said === 'string') return said;
  const { code, name, message } = said as Message;
  return `${code ?? name}: ${message}`;
}

/** What a recorder says while it is used: errors and advice, in order. */
export async function heard(
  use: (recorder: PrometheusRecorder) => unknown,
  options: PrometheusRecorderOptions = {},
): Promise<unknown[]> {
  const messages: unknown[] = [];
  const listen = (one: unknown): void => {
    messages.push(one);
  };
  const recorder = new PrometheusRecorder({ onError: listen, onAdvice: listen, ...options });
  await use(recorder);
  return messages;
}

/** The process warnings of this run, which are not printed. */
export async function warnings(run: () => unknown): Promise<string[]> {
  const { emitWarning } = process;
  const emitted: string[] = [];
  process.emitWarning = ((message: string, { type }: { type: string }) => {
    emitted.push(`${type}: ${message}`);
  }) as typeof emitWarning;
  try {
    await run();
  } finally {
    process.emitWarning = emitWarning;
  }
  return emitted;
}

/** Runs with these environment variables; `undefined` takes one away. */
export async function withEnvironment<T>(
  variables: Readonly<Record<string, string | undefined>>,
  run: () => T,
): Promise<Awaited<T>> {
  const before = Object.keys(variables).map((name) => [name, process.env[name]] as const);
  setEnvironment(Object.entries(variables));
  try {
    return await run();
  } finally {
    setEnvironment(before);
  }
}

function setEnvironment(variables: readonly (readonly [name: string, value: string | undefined])[]): void {
  for (const [name, value] of variables) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
}
