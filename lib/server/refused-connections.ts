import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { type RefusalReason, refusals } from '../access/refusal.js';
import type { Responses } from './open-responses.js';

/** What the parser of `node:http` says, and why we refuse it; what is not here is malformed. */
const reasons: Readonly<Record<string, RefusalReason>> = {
  HPE_HEADER_OVERFLOW: 'header_size',
  ERR_HTTP_REQUEST_TIMEOUT: 'timeout',
};

/** Answers what is no request, or none in time, as `node:http` itself does, and has it counted. */
export function refuseBadRequests(
  server: Server,
  responses: Responses,
  refused: (reason: RefusalReason) => void,
): void {
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    const code = error.code ?? '';
    const reason = reasons[code] ?? (code.startsWith('HPE_') ? 'malformed' : undefined);
    if (reason === undefined || !socket.writable) {
      socket.destroy();
      return;
    }
    refused(reason);
    const { status, text } = refusals[reason];
    // Why not into an answer that is on its way: its bytes would be taken for that one's.
    if (!responses.isAnswering(socket)) socket.write(`HTTP/1.1 ${status} ${text}\r\nConnection: close\r\n\r\n`);
    socket.destroySoon();
  });
  server.on('drop', () => refused('connections'));
}
