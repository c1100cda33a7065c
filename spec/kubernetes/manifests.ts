import { parse } from 'yaml';
import { documentAt } from '../documents/documents.js';

/** The parts of a manifest that the specs read. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
}

const page = documentAt('docs/guides/kubernetes.md');

/** The YAML files that the guide shows, by their names. */
const shown: ReadonlyMap<string, string> = new Map(
  page.fences.filter(({ language }) => language === 'yaml').map(({ file = '', text }) => [file, text]),
);

export function shownText(file: string): string {
  const text = shown.get(file);
  if (text === undefined) throw new Error(`${page.path} shows no ${file}`);
  return text;
}

/** The manifests that the guide shows, by the names of their files. */
export const manifests: ReadonlyMap<string, Manifest> = new Map(
  [...shown].filter(([, text]) => /^kind: /m.test(text)).map(([file, text]) => [file, parse(text) as Manifest]),
);

/**
 * The `spec` of a manifest that the guide shows.
 *
 * Why without a type: the schemas of Kubernetes say what is inside, and another spec asks them.
 */
// biome-ignore lint/suspicious/noExplicitAny: see above.
export function specOf(file: string): any {
  return (parse(shownText(file)) as { readonly spec: unknown }).spec;
}
