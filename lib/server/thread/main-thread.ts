import type { NameValidation } from '../../families/naming.js';
import type { FamilyFacts } from '../../page/facts.js';
import type { ConstantLabels, ExposedFamily, Scrapable, ScrapeLimits } from '../../store/exposed-family.js';
import { chooseFamilies } from '../../store/selection.js';
import type { RemoteFamilies, RemoteStore } from '../../thread/store-copy.js';
import { type AnswerLimits, type Dialogue, NoAnswer } from './dialogue.js';
import type { MainAnswer, MainQuestion, ThreadData } from './messages.js';
import { readFamilies } from './posted-families.js';
import type { ProcessInThread } from './process-in-thread.js';

/** A main thread that does not take a question within this time is blocked: it is not waited for. */
const beginMs = 50;

/** How long the answer to a scrape may take. Why longer than collectors may: what they gave has to be sent. */
function answerLimitsOf({ timeoutSeconds = 10 }: ScrapeLimits): AnswerLimits {
  const ms = timeoutSeconds * 1000;
  return { beginMs, answerMs: Math.max(ms * 0.9, ms * 0.8 + beginMs) };
}

/** The main thread, as the metrics thread sees it: computes what cannot be read in shared memory. */
export class MainThread implements RemoteStore {
  readonly #dialogue: Dialogue;
  readonly #process: ProcessInThread;
  readonly #onIncomplete: () => void;
  #nameValidation: NameValidation | undefined;
  /** The families that are not the recorder's. */
  readonly #others = new WeakSet<ExposedFamily>();
  /** The samples of metrics of the process that its numbers tell, without what a client says of them. */
  readonly #made = new WeakSet<ExposedFamily>();
  /** What the main thread has computed last, without its samples. */
  #known: readonly ExposedFamily[] = [];

  /**
   * @param process says what of the metrics of the process it is to add to its answers.
   * @param onIncomplete is called for each scrape that goes without its answer.
   */
  constructor(dialogue: Dialogue, { store }: ThreadData, process: ProcessInThread, onIncomplete: () => void) {
    this.#dialogue = dialogue;
    this.#nameValidation = store.nameValidation;
    this.#process = process;
    this.#onIncomplete = onIncomplete;
  }

  /** Which names its families have, as its last answer says. */
  get nameValidation(): NameValidation | undefined {
    return this.#nameValidation;
  }

  async computedFamilies(limits: ScrapeLimits, known: number): Promise<RemoteFamilies> {
    const isChosen = chooseFamilies(limits.names);
    const { leftToMain: processMetrics } = this.#process;
    const question: MainQuestion = { limits, numbers: this.#process.needsNumbers(isChosen), processMetrics, known };
    try {
      return this.#take(await this.#dialogue.ask<MainAnswer>('families', question, answerLimitsOf(limits)), limits);
    } catch (error) {
      if (!(error instanceof NoAnswer)) throw error;
      this.#onIncomplete();
      return { families: undefined, answer: 0 };
    }
  }

  /** What the recorder knows of its families; nothing where the main thread is blocked. */
  describeFamilies(): Promise<readonly FamilyFacts[]> {
    const limits = { beginMs, answerMs: 5000 };
    return this.#dialogue.ask<readonly FamilyFacts[]>('describeFamilies', undefined, limits).catch(() => []);
  }

  /** Puts the metrics of the process behind those of the recorder and of the server: read here where this thread can. */
  addProcessMetrics(scrapable: Scrapable): Scrapable {
    return {
      formats: scrapable.formats,
      get nameValidation() {
        return scrapable.nameValidation;
      },
      constantLabels: () => scrapable.constantLabels?.() ?? [],
      exposedFamilies: async (limits) => {
        const families = await scrapable.exposedFamilies(limits);
        return this.#sort(families, scrapable.constantLabels?.() ?? [], limits);
      },
    };
  }

  #take(answer: MainAnswer, { names }: ScrapeLimits): RemoteFamilies {
    this.#nameValidation = answer.nameValidation;
    const all = readFamilies(answer.families);
    const families = answer.computed === undefined ? undefined : all.slice(0, answer.computed);
    const others = all.slice(answer.computed ?? 0);
    for (const family of others) this.#others.add(family);
    // Why not where only some were asked for: the others are there as well.
    if (families !== undefined && names === undefined) {
      this.#known = families.map((family) => ({ ...family, write: () => [] }));
    }
    const made = this.#readNumbers(answer.numbers, chooseFamilies(names));
    return { families, answer: answer.answer, others: answer.hasOthers ? [...others, ...made] : undefined };
  }

  #readNumbers(numbers: MainAnswer['numbers'], isChosen: (name: string) => boolean): ExposedFamily[] {
    if (numbers === undefined) return [];
    const made = [...this.#process.read(numbers, isChosen)].map(
      ([name, write]): ExposedFamily => ({ name, type: 'unknown', help: '', write }),
    );
    for (const family of made) this.#made.add(family);
    return made;
  }

  async #sort(
    families: readonly ExposedFamily[],
    labels: ConstantLabels,
    limits: ScrapeLimits = {},
  ): Promise<readonly ExposedFamily[]> {
    const made = new Map(families.filter((one) => this.#made.has(one)).map(({ name, write }) => [name, write]));
    const others = families.filter((family) => this.#others.has(family));
    const own = families.filter((family) => !this.#others.has(family) && !this.#made.has(family));
    // Why with what is known: a counter that the recorder has too must not become another one while that is left out.
    const taken = [...own, ...this.#known];
    const all = await this.#process.addTo(taken, labels, chooseFamilies(limits.names), made);
    const added = all.slice(taken.length);
    const names = new Set([...own, ...added].map(({ name }) => name));
    return [...own, ...added, ...others.filter(({ name }) => !names.has(name))];
  }
}
