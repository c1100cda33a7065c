import type { CatalogueEntry } from '../../catalogue/catalogue.js';
import { addExposition, addExternal } from '../../check/external-names.js';
import { KnownNames } from '../../check/known-names.js';
import { addLibraryFamilies, addProcessFamilies, processLandmark } from '../../check/library-families.js';
import { kinds } from '../../families/kinds.js';
import { describeVersion } from '../../peers.js';
import { describeNothingDeclared, listDeclared } from '../catalogue/list-declared.js';
import { formatSite } from '../format-site.js';
import { type HeaderList, isUrl } from '../parse-values.js';
import { readText } from '../read-text.js';

/** What tells the names that expressions may use. */
export interface KnownSources {
  readonly modules: readonly string[];
  /** How long the modules may take to load. */
  readonly timeoutSeconds: number;
  /** Files with the catalogue in JSON. */
  readonly catalogues: readonly string[];
  /** The endpoint of the service. */
  readonly metrics: string | undefined;
  readonly headers: HeaderList;
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
  'metrics_path',
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
    if (entries.length === 0) throw new Error(describeNothingDeclared(modules));
    const relatives = Object.entries(places).map(([name, site]) => [name, formatSite(site)] as const);
    names.addDeclared(entries, { prefix, places: Object.fromEntries(relatives) });
  }
  for (const file of catalogues) names.addDeclared(await readCatalogue(file), { prefix });
  addLibraryFamilies(names, prefix);
  if (metrics !== undefined) await readMetrics(names, metrics, sources.headers);
  const absence = whyNoProcessMetrics(sources, names);
  for (const one of external) await readExternal(names, one);
  addProcessFamilies(names, absence);
  return names;
}

/** Why the service exposes no metric of its process, as far as the endpoint and the installed packages tell. */
function whyNoProcessMetrics({ modules, metrics }: KnownSources, names: KnownNames): string | undefined {
  const isExposed = names.findMatching(processLandmark).length > 0;
  if (metrics !== undefined) return isExposed ? undefined : `${metrics} exposes no metric of the process`;
  const isInstalled = ['prom-client', '@prometheus-io/client'].some((name) => describeVersion(name) !== undefined);
  return modules.length === 0 || isInstalled ? undefined : 'prom-client is not installed';
}

/** Reads a catalogue that the command "catalogue" has printed as JSON. */
export async function readCatalogue(file: string): Promise<CatalogueEntry[]> {
  const remedy = 'Correct the path, or write it with: flowplane-metrics catalogue MODULE --json';
  try {
    const entries: unknown = JSON.parse(await readText(file));
    if (Array.isArray(entries) && entries.every(isEntry)) return entries as CatalogueEntry[];
  } catch (error) {
    throw new Error(`--catalogue: ${file} cannot be read (given ${(error as Error).message}). ${remedy}.`);
  }
  throw new Error(`--catalogue: ${file} is no catalogue (given other JSON). ${remedy}.`);
}

const isEntry = (one: Partial<CatalogueEntry> | null): boolean =>
  typeof one?.name === 'string' &&
  Object.hasOwn(kinds, String(one.kind)) &&
  [one.labels, one.fedBy].every(Array.isArray) &&
  one.labels?.every((label) => typeof label?.name === 'string') === true;

async function readMetrics(names: KnownNames, url: string, headers: HeaderList): Promise<void> {
  try {
    const { bytes, contentType } = await fetchBytes(url, headers);
    addExposition(names, bytes, contentType);
  } catch (error) {
    const { message } = error as Error;
    const remedy = /status 40[13]/.test(message)
      ? "Pass the credentials: --metrics-header 'Authorization: …'"
      : 'Start it, or correct the URL';
    throw new Error(`--metrics: ${url} cannot be read (given ${message}). ${remedy}.`);
  }
}

async function readExternal(names: KnownNames, source: string): Promise<void> {
  try {
    addExternal(names, isUrl(source) ? await fetchMetadata(source) : await readText(source));
  } catch (error) {
    const remedy = isUrl(source)
      ? 'Give a file, or the URL of a Prometheus'
      : 'Give an exposition, a list of names, an answer of Prometheus, or its URL';
    throw new Error(`--external: ${source} cannot be read (given ${(error as Error).message}). ${remedy}.`);
  }
}

async function fetchMetadata(prometheus: string): Promise<string> {
  const { bytes } = await fetchBytes(`${prometheus.replace(/\/$/, '')}/api/v1/metadata`, []);
  return Buffer.from(bytes).toString();
}

/** @throws Error which says the reason only: what cannot be read is said by who asks for it. */
async function fetchBytes(
  url: string,
  headers: HeaderList,
): Promise<{ readonly bytes: Uint8Array; readonly contentType: string }> {
  const response = await fetch(url, { headers, signal: AbortSignal.timeout(10_000) }).catch((error: Error) => {
    const { code, message } = Object(error.cause) as { readonly code?: string; readonly message?: string };
    throw new Error(code ?? message ?? error.message);
  });
  if (!response.ok) throw new Error(`status ${response.status}`);
  const bytes = new Uint8Array(await response.arrayBuffer());
  return { bytes, contentType: response.headers.get('content-type') ?? '' };
}
