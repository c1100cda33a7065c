import { finished } from 'node:stream';
import { ReadableStream } from 'node:stream/web';
import type { Ending } from './completion.js';

/** A web stream ends when it is closed, cancelled (which looks alike) or errored. Node's `finished` takes no lock. */
export const webStreamEnding: Ending<ReadableStream> = {
  is: (value) => value instanceof ReadableStream,
  follow(stream, pending) {
    finished(stream as unknown as NodeJS.ReadableStream, (error) => {
      if (error) pending.end('threw', error);
      else pending.end('returned', stream);
    });
    return stream;
  },
};
