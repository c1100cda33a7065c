import type { ReceiverResponse } from '../sending/http-client.js';
import { readFields } from './wire-reader.js';

/** What a receiver says of a request that it has taken. */
export interface Verdict {
  /** How many points it has left out, as it says, though it took the others. */
  readonly rejectedPoints: number;
  /** What it says about that, or about what it does not like. */
  readonly remark: string;
  /** Whether it has answered in the words of OTLP. */
  readonly isUnderstood: boolean;
}

/** What is longer is no answer of OTLP. Why so little: it is read in one turn of the event loop. */
const maxLength = 64 * 1024;

/** Reads the `ExportMetricsServiceResponse` that answers a request. Never throws. */
export function readVerdict({ headers, body }: ReceiverResponse): Verdict {
  try {
    if (body.length > maxLength) throw new RangeError('an answer that is too long');
    const isJson = String(headers['content-type'] ?? '').includes('json');
    return isJson ? readJson(body) : readMessage(body);
  } catch {
    return { rejectedPoints: 0, remark: '', isUnderstood: false };
  }
}

function readJson(body: Buffer): Verdict {
  const { partialSuccess } = body.length === 0 ? {} : JSON.parse(body.toString());
  // Why: Protocol Buffers say that null in JSON is what is not there.
  const { rejectedDataPoints, errorMessage } = partialSuccess ?? {};
  return verdict(Number(rejectedDataPoints ?? 0), String(errorMessage ?? ''));
}

// Source: opentelemetry-proto, collector/metrics/v1/metrics_service.proto: partial_success = 1, in which
// rejected_data_points = 1 and error_message = 2.
function readMessage(body: Buffer): Verdict {
  let [rejected, remark] = [0, ''];
  for (const outer of readFields(body)) {
    if (outer.field !== 1 || !Buffer.isBuffer(outer.value)) continue;
    for (const { field, value } of readFields(outer.value)) {
      // Why not from 2^63 on: such a varint is a negative int64.
      if (field === 1 && typeof value === 'number') rejected = value < 2 ** 63 ? value : 0;
      if (field === 2 && Buffer.isBuffer(value)) remark = value.toString();
    }
  }
  return verdict(rejected, remark);
}

function verdict(rejected: number, remark: string): Verdict {
  return { rejectedPoints: Number.isInteger(rejected) ? Math.max(rejected, 0) : 0, remark, isUnderstood: true };
}
