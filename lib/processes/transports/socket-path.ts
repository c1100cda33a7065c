import { createHash } from 'node:crypto';
import { lstatSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Problem } from '../../error.js';

/** How many bytes the path of a socket may have. Source: `sun_path` of Linux, without the zero byte. macOS has 4 less. */
const maxPathBytes = process.platform === 'darwin' ? 103 : 107;
const pipePrefix = '\\\\.\\pipe\\';

/** The path of the socket that processes use: the option, else the environment, else one for each program under PM2. */
export function socketPath({ socket }: { readonly socket?: string | undefined }): string | undefined {
  const { FLOWPLANE_METRICS_SOCKET: given, pm_id: pm2Id } = process.env;
  return socket ?? (given || undefined) ?? (pm2Id === undefined ? undefined : pm2SocketPath(process.env));
}

/** Why by the name: the instances of one program have it in common, and another program has another one. */
export function pm2SocketPath(
  { PM2_HOME = '', name = '' }: NodeJS.ProcessEnv,
  platform: NodeJS.Platform = process.platform,
): string {
  const program = createHash('sha256')
    .update(JSON.stringify([PM2_HOME, name]))
    .digest('hex')
    .slice(0, 16);
  if (platform === 'win32') return `${pipePrefix}flowplane-metrics-${program}`;
  return join(tmpdir(), `flowplane-metrics-${process.getuid?.()}`, `${program}.sock`);
}

/**
 * Finds out why a socket must not be used at this path. Its folder is created if it is missing.
 *
 * Why the folder: Node does not say who is at the other end of a socket, so only the rights of the folder keep others out.
 */
export function checkSocketPath(path: string, platform: NodeJS.Platform = process.platform): Problem[] {
  if (platform === 'win32') {
    return path.startsWith(pipePrefix)
      ? []
      : wrong(
          `socket "${path}" must be a named pipe on Windows (given a path). Write for example "${pipePrefix}metrics"`,
        );
  }
  const bytes = Buffer.byteLength(path);
  if (bytes > maxPathBytes) {
    return wrong(`socket "${path}" must have at most ${maxPathBytes} bytes (given ${bytes}). Choose a shorter path`);
  }
  const folder = dirname(path);
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const status = lstatSync(folder);
    if (!status.isDirectory())
      return wrong(`folder "${folder}" must be a folder (given something else). Choose another one`);
    if (status.uid !== process.getuid?.()) {
      return wrong(
        `folder "${folder}" belongs to another user (given user id ${status.uid}). Choose a folder of your own`,
      );
    }
    if ((status.mode & 0o077) === 0) return [];
    const mode = (status.mode & 0o777).toString(8).padStart(4, '0');
    return wrong(
      `folder "${folder}" can be used by others (given mode ${mode}). Give the socket a folder of its own, with: chmod 700`,
    );
  } catch (error) {
    const { code = 'unknown error' } = error as { code?: string };
    return wrong(`folder "${folder}" cannot be used (${code}). Choose another path for the socket`);
  }
}

const wrong = (message: string): Problem[] => [{ code: 'listen_failed', message: `${message}.` }];
