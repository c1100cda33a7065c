import type { ExposedFamily } from '../../store/exposed-family.js';

/** One exposition format: what it is called in HTTP, and how families become its bytes. */
export interface Format {
  readonly mediaType: string;
  /** The versions of it that are answered; the first one to a request that names none. */
  readonly versions: readonly string[];
  /** The families' bytes, in chunks of some ten kilobytes, each rendered when it is asked for, and lent until the next one is. */
  render(families: readonly ExposedFamily[]): Iterable<Buffer>;
}

export const contentType = ({ mediaType }: Format, version: string): string =>
  `${mediaType}; version=${version}; charset=utf-8`;
