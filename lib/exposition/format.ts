import type { ExposedFamily } from './exposed-family.js';

/** One exposition format: what it is called in HTTP, and how families become its bytes. */
export interface Format {
  readonly mediaType: string;
  /** The versions of it that are answered; the first one to a request that names none. */
  readonly versions: readonly string[];
  render(families: readonly ExposedFamily[]): Buffer;
}

export const contentType = ({ mediaType }: Format, version: string): string =>
  `${mediaType}; version=${version}; charset=utf-8`;
