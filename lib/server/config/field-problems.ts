import type { Problem } from '../../error.js';
import { problem } from '../../validation.js';

/** The names of a field and of the sections around it. */
export type Path = readonly string[];

/** A contradiction between fields that are each valid. */
export interface Contradiction {
  /** The field, or an empty text for the whole section. */
  readonly field: string;
  /** The other fields that it is about. Where one of them is wrong already, nothing is said. */
  readonly others?: readonly string[];
  /** The rest of the error, after its subject. */
  readonly message: string;
  /** exporter-toolkit accepts it, and it lets nobody in who should stay out: a file may have it, with a remark. */
  readonly isHarmless?: true;
}

interface FieldProblem {
  readonly path: Path;
  readonly problem: Problem;
}

/** The problems of one configuration: at most one for each field, so that what follows from a problem is not told too. */
export class FieldProblems {
  readonly #byPath = new Map<string, FieldProblem>();
  readonly #subjectOf: (path: Path) => string;

  /** @param subjectOf how an error names the field at a path; in a file, with its line. */
  constructor(subjectOf: (path: Path) => string) {
    this.#subjectOf = subjectOf;
  }

  subjectOf(path: Path): string {
    return this.#subjectOf(path);
  }

  /** @param rest the error without its subject. */
  add(path: Path, rest: string, code: Problem['code'] = 'illegal_option'): void {
    this.addAll(path, [problem(code, `${this.#subjectOf(path)} ${rest}`)]);
  }

  addAll(path: Path, [first]: readonly Problem[]): void {
    if (first !== undefined && !this.has(path)) this.#byPath.set(keyOf(path), { path, problem: first });
  }

  /** Whether something is wrong with a field, or with a section that it is in. */
  has(path: Path): boolean {
    return path.some((_name, i) => this.#byPath.has(keyOf(path.slice(0, i + 1)))) || this.#byPath.has(keyOf([]));
  }

  /** Whether something is wrong with a section, or in it. */
  hasIn(section: string): boolean {
    return this.has([section]) || [...this.#byPath.values()].some(({ path }) => path[0] === section);
  }

  /** All problems, in the order of these lines where there are lines. */
  list(lineOf: (path: Path) => number = () => 0): Problem[] {
    const sorted = [...this.#byPath.values()].sort((a, b) => lineOf(a.path) - lineOf(b.path));
    return sorted.map((one) => one.problem);
  }
}

const keyOf = (path: Path): string => JSON.stringify(path);
