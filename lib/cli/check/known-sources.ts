import { readFile } from 'node:fs/promises';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { CatalogueEntry } from '../../catalogue/catalogue.js';
import { addExposition, addExternal } from '../../rules/external-names.js';
import { KnownNames } from '../../rules/known-names.js';
import { addLibraryFamilies } from '../../rules/library-families.js';
import { listDeclared } from '../catalogue/list-declared.js';

/** What tells the names that expressions may use. */
export interface KnownSources {
  readonly modules: readonly string[];
  /** How long the modules may take to load. */
  readonly timeoutSeconds: number;
  /** Files with the catalogue in JSON. */
  readonly catalogues: readonly string[];
  /** The endpoint of the service. */
  readonly metrics: string | undefined;
  readonly headers: Headers;
  /** Files with the names of others, or a Prometheus that knows them. */
  readonly external: readonly string[];
  readonly prefix: string;
  readonly targetLabels: readonly string[];
}

/** The labels that targets often get, by relabelling or from Kubernetes. */
export const usualTargetLabels = [
  'app',
  'cluster',
  'container',
  'datacenter',
  'endpoint',
  'env',
  'environment',
  'host',
  'namespace',
  'node',
  'pod',
  'prometheus',
  'prometheus_replica',
  'region',
  'replica',
  'service',
  'zone',
];

/**
 * Learns the names that expressions may use: what the code declares first, so that nothing else takes its place.
 *
 * @throws Error where something cannot be read.
 */
export async function learnNames(sources: KnownSources): Promise<KnownNames> {
  const { modules, catalogues, metrics, external, prefix } = sources;
  const names = new KnownNames([...usualTargetLabels, ...sources.targetLabels]);
  if (modules.length > 0) {
    const { entries, places } = await listDeclared(modules, sources.timeoutSeconds);
    const relatives = Object.entries(places).map(([name, site]) => [name, formatSite(site)] as const);
    names.addDeclared(entries, { prefix, places: Object.fromEntries(relatives) });
  }
  for (const file of catalogues) names.addDeclared(await readCatalogue(file), { prefix });
  addLibraryFamilies(names);
  if (metrics !== undefined) {
    const { bytes, contentType } = await fetchBytes('--metrics', metrics, sources.headers);
    addExposition(names, bytes, contentType);
  }
  for (const one of external) await readExternal(names, one);
  return names;
}

/** A place as a path from the current folder, where it lies below that. */
function formatSite(site: string): string {
  const [, file = '', position = ''] = /^(.*?)(:\d+:\d+)$/.exec(site) ?? [];
  const path = file.startsWith('file:') ? fileURLToPath(file) : file;
  const inner = relative(process.cwd(), path);
  return (inner.startsWith('..') ? path : inner) + position;
}

/** Reads a catalogue that the command "catalogue" has printed as JSON. */
export async function readCatalogue(file: string): Promise<CatalogueEntry[]> {
  try {
    const entries: unknown = JSON.parse(await readFile(file, 'utf8'));
    if (Array.isArray(entries) && entries.every((one) => one?.name && one.kind && Array.isArray(one.labels))) {
      return entries as CatalogueEntry[];
    }
  } catch (error) {
    throw new Error(`--catalogue: ${file} cannot be read (given ${(error as Error).message}). Correct the path.`);
  }
  throw new Error(
    `--catalogue: ${file} is no catalogue (given other JSON). Write it with: flowplane-metrics catalogue MODULE --json.`,
  );
}

async function readExternal(names: KnownNames, source: string): Promise<void> {
  try {
    if (!/^https?:/.test(source)) return addExternal(names, await readFile(source));
    const url = `${source.replace(/\/$/, '')}/api/v1/metadata`;
    addExternal(names, (await fetchBytes('--external', url, new Headers())).bytes);
  } catch (error) {
    throw new Error(
      `--external: ${source} cannot be read (given ${(error as Error).message}). Give a file, or the URL of a Prometheus.`,
    );
  }
}

async function fetchBytes(
  option: string,
  url: string,
  headers: Headers,
): Promise<{ readonly bytes: Uint8Array; readonly contentType: string }> {
  try {
    const response = await fetch(url, { headers, signal: AbortSignal.timeout(10_000) });
    if (!response.ok) throw new Error(`status ${response.status}`);
    const bytes = new Uint8Array(await response.arrayBuffer());
    return { bytes, contentType: response.headers.get('content-type') ?? '' };
  } catch (error) {
    const { cause, message } = error as Error & { readonly cause?: { readonly code?: string } };
    throw new Error(
      `${option}: ${url} does not answer (given ${cause?.code ?? message}). Start it, or correct the URL.`,
    );
  }
}
