import { isAbsolute, join, resolve } from 'node:path';
import { findOwnPath } from '../../process-state.js';
import { type MetricsServerOptions, webConfigFile } from '../config/options.js';
import type { ThreadSetup } from './metrics-thread.js';

/** What a thread must know of the process, as it is when the server starts. */
type Surroundings = Pick<ThreadSetup, 'env' | 'packagesFrom'> & {
  /** The working directory; `undefined` where it has been deleted. */
  readonly folder: string | undefined;
};

/** Reads what the threads of a server must know of the process. */
export function readSurroundings(): Surroundings {
  const folder = findWorkingDirectory();
  return { env: { ...process.env, NODE_OPTIONS: '' }, packagesFrom: listPackageSources(folder), folder };
}

/** The options that name files, by their whole paths: the working directory may be another one later. */
export function filesIn(options: MetricsServerOptions, { folder }: Surroundings): Partial<MetricsServerOptions> {
  if (folder === undefined) return {};
  const whole = (path: string | undefined): string | undefined => path && resolve(folder, path);
  const { tls, bearerTokensFile } = options;
  return {
    webConfigFile: whole(webConfigFile(options)),
    bearerTokensFile: whole(bearerTokensFile),
    tls: tls && {
      ...tls,
      ...(tls.certFile !== undefined && { certFile: resolve(folder, tls.certFile) }),
      ...(tls.keyFile !== undefined && { keyFile: resolve(folder, tls.keyFile) }),
      ...(tls.clientCaFile !== undefined && { clientCaFile: resolve(folder, tls.clientCaFile) }),
    },
  };
}

/** Why caught: a deployment may have deleted the folder in which the process was started. */
function findWorkingDirectory(): string | undefined {
  try {
    return process.cwd();
  } catch {
    return undefined;
  }
}

/** Where optional packages are looked for: beside this package or the bundle, beside the program, and in the working directory. */
function listPackageSources(folder: string | undefined): string[] {
  const own = findOwnPath();
  // Why with a separator: the package's own folder is none of the files that a path is taken for.
  const places = [/\.[cm]?js$/.test(own) ? own : join(own, '/'), process.argv[1] ?? '', folder && join(folder, '/')];
  return places.filter((path) => path !== undefined && isAbsolute(path)) as string[];
}
