import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A place in a file, such as `file:///app/metrics.ts:12:3`, with the path from the current folder if it lies below that. */
export function formatSite(site: string): string {
  const [, file = '', position = ''] = /^(.*?)((?::\d+)+)$/.exec(site) ?? [];
  const path = file.startsWith('file:') ? fileURLToPath(file) : file;
  const inner = relative(process.cwd(), path);
  return (inner.startsWith('..') ? path : inner) + position;
}
