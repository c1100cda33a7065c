import { formatThrown, MetricsError, type Problem } from '../../error.js';

/** One end of what connects two threads. */
export interface Port {
  postMessage(message: unknown, transfer?: readonly ArrayBuffer[]): void;
  on(event: 'message', listener: (message: unknown) => void): unknown;
}

/** What the thread at the other end may ask for, by name. */
export type Answers = Readonly<Record<string, (argument: never) => unknown>>;

/** How long the other thread may take. */
export interface AnswerLimits {
  /** How many milliseconds until it must have begun with the answer. */
  readonly beginMs: number;
  /** How many milliseconds until the answer, from the question on. */
  readonly answerMs: number;
}

/** An answer whose buffers are handed over instead of copied. */
export class Transferred {
  constructor(
    readonly value: unknown,
    readonly buffers: readonly ArrayBuffer[],
  ) {}
}

/** The other thread has not answered in time. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer';
}

type Message =
  | { readonly type: 'tell'; readonly name: string; readonly argument: unknown }
  | { readonly type: 'ask'; readonly id: number; readonly name: string; readonly argument: unknown }
  | { readonly type: 'answer'; readonly id: number; readonly value: unknown }
  | { readonly type: 'failure'; readonly id: number; readonly error: PostedError };

/** An error as plain data. Why not the error: a clone has no class of ours, and its properties are lost. */
interface PostedError {
  readonly message: string;
  readonly site?: string;
  readonly problems?: readonly [Problem, ...Problem[]];
}

interface OpenQuestion {
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

const rememberedQuestions = 1024;

/** The numbers of questions of which something is true, in memory that both threads share. */
class QuestionNumbers {
  readonly #ids: Int32Array;

  constructor(shared: SharedArrayBuffer, part: 0 | 1) {
    this.#ids = new Int32Array(shared, 4 * rememberedQuestions * part, rememberedQuestions);
  }

  add(id: number): void {
    Atomics.store(this.#ids, id % rememberedQuestions, id);
  }

  has(id: number): boolean {
    // Why as a word: the numbers of questions become greater than one can hold.
    return Atomics.load(this.#ids, id % rememberedQuestions) === (id | 0);
  }
}

/** What both threads know of each question at once, without a message. */
export class QuestionStates {
  /** With which of them the other thread has begun. */
  readonly begun: QuestionNumbers;
  /** Which of them nobody waits for. Why: a thread that was blocked must not answer them all when it goes on. */
  readonly givenUp: QuestionNumbers;

  /** @param shared of the other thread; absent in the first one. */
  constructor(readonly shared = new SharedArrayBuffer(8 * rememberedQuestions)) {
    this.begun = new QuestionNumbers(shared, 0);
    this.givenUp = new QuestionNumbers(shared, 1);
  }
}

/** What two threads have to say to each other: questions, which are answered, and remarks. */
export class Dialogue {
  readonly #port: Port;
  readonly #answers: Answers;
  readonly #states: QuestionStates;
  readonly #open = new Map<number, OpenQuestion>();
  #lastId: number;
  #closed: Error | undefined;

  /** @param isFirst whether this thread has started the other one. */
  constructor(port: Port, answers: Answers, states: QuestionStates, isFirst: boolean) {
    this.#port = port;
    this.#answers = answers;
    this.#states = states;
    // Why: both note in one place what is true of a question, so that no number may mean two of them.
    this.#lastId = isFirst ? -1 : 0;
    port.on('message', (message) => this.#receive(message as Message));
  }

  /**
   * Asks the other thread.
   *
   * @throws MetricsError where the answer is one; `NoAnswer` where there is none within the limits, which is endless by
   *   default; and what `close` was given.
   */
  ask<Result>(name: string, argument?: unknown, limits?: AnswerLimits): Promise<Result> {
    if (this.#closed !== undefined) return Promise.reject(this.#closed);
    this.#lastId += 2;
    const id = this.#lastId;
    return new Promise<unknown>((resolve, reject) => {
      const deadline = new Deadline(limits, {
        hasBegun: () => this.#states.begun.has(id),
        onLate: () => {
          this.#states.givenUp.add(id);
          this.#end(id)?.reject(new NoAnswer(name));
        },
      });
      const settle = <T>(settleWith: (value: T) => void) => {
        return (value: T): void => {
          deadline.cancel();
          settleWith(value);
        };
      };
      this.#open.set(id, { resolve: settle(resolve), reject: settle(reject) });
      this.#port.postMessage({ type: 'ask', id, name, argument } satisfies Message);
    }) as Promise<Result>;
  }

  /** Tells the other thread something that has no answer. */
  tell(name: string, argument: unknown): void {
    if (this.#closed === undefined) this.#port.postMessage({ type: 'tell', name, argument } satisfies Message);
  }

  /** Says no more: every question that is open, and every later one, fails with this error. */
  close(error: Error): void {
    this.#closed ??= error;
    for (const id of this.#open.keys()) this.#end(id)?.reject(this.#closed);
  }

  #receive(message: Message): void {
    switch (message.type) {
      case 'tell':
        this.#answers[message.name]?.(message.argument as never);
        return;
      case 'ask':
        void this.#answer(message.id, message.name, message.argument);
        return;
      case 'answer':
        this.#end(message.id)?.resolve(message.value);
        return;
      case 'failure':
        this.#end(message.id)?.reject(readError(message.error));
    }
  }

  async #answer(id: number, name: string, argument: unknown): Promise<void> {
    const { begun, givenUp } = this.#states;
    begun.add(id);
    if (givenUp.has(id)) return;
    try {
      const value = await this.#answers[name]?.(argument as never);
      if (value instanceof Transferred) this.#post({ type: 'answer', id, value: value.value }, value.buffers);
      else this.#post({ type: 'answer', id, value });
    } catch (error) {
      this.#post({ type: 'failure', id, error: postError(error) });
    }
  }

  #post(message: Message, buffers: readonly ArrayBuffer[] = []): void {
    if (this.#closed === undefined) this.#port.postMessage(message, buffers);
  }

  #end(id: number): OpenQuestion | undefined {
    const question = this.#open.get(id);
    this.#open.delete(id);
    return question;
  }
}

interface QuestionEvents {
  hasBegun(): boolean;
  onLate(): void;
}

/** Ends a question: where nobody has begun with it in time, or where the answer is late. Keeps no thread running. */
class Deadline {
  #timer: NodeJS.Timeout | undefined;

  constructor(limits: AnswerLimits | undefined, { hasBegun, onLate }: QuestionEvents) {
    if (limits === undefined) return;
    const { beginMs, answerMs } = limits;
    if (answerMs <= beginMs) this.#start(onLate, answerMs);
    else this.#start(() => (hasBegun() ? this.#start(onLate, answerMs - beginMs) : onLate()), beginMs);
  }

  cancel(): void {
    clearTimeout(this.#timer);
  }

  #start(run: () => void, ms: number): void {
    this.#timer = setTimeout(run, ms).unref();
  }
}

function postError(error: unknown): PostedError {
  if (error instanceof MetricsError) {
    const [first, ...others] = error.problems;
    if (first !== undefined) return { message: error.message, site: error.site, problems: [first, ...others] };
  }
  return { message: formatThrown(error) };
}

const readError = ({ message, site, problems }: PostedError): Error =>
  site === undefined || problems === undefined ? new Error(message) : new MetricsError(site, problems);
