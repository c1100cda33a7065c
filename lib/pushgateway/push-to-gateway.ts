import { buffer } from 'node:stream/consumers';
import { withTimeout } from '../async/timeout.js';
import { MetricsError, refuseIfAny } from '../error.js';
import { scrape } from '../exposition/scrape.js';
import { HttpClient, type OutgoingRequest } from '../sending/http-client.js';
import { maskSecrets } from '../sending/mask-secrets.js';
import { type Delivery, deliver } from '../sending/retries.js';
import type { Scrapable } from '../store/exposed-family.js';
import { scrapableRule } from '../store/scrapable.js';
import { checkValue } from '../validation.js';
import { explainAnswer } from './answers.js';
import { checkGatewayOptions, checkPushOptions, type GatewayOptions, type PushOptions } from './gateway-options.js';
import { groupUrl } from './group-url.js';

const defaultTimeoutSeconds = 10;
/** Why tried again: to push the same numbers twice changes nothing. */
const maxTries = 4;

/** What asks for each format. */
const accept = {
  text: 'text/plain;version=0.0.4',
  protobuf: 'application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited',
} as const;

/**
 * Pushes all numbers of a recorder to a group of a Pushgateway. Resolves when the gateway has them.
 *
 * @throws MetricsError naming every option that is wrong; `push_failed`, which says in words why the gateway does not have
 * the numbers. It never contains a header or a password.
 * @example
 * import { defineGauge, PrometheusRecorder } from 'flowplane-metrics';
 * import { pushToGateway } from 'flowplane-metrics/pushgateway';
 *
 * const recorder = new PrometheusRecorder();
 * recorder.gauge(defineGauge({ name: 'backup_bytes', help: 'Size of the last backup' })).set({}, 5e9);
 * try {
 *   await pushToGateway(recorder, { url: 'http://127.0.0.1:1', job: 'backup', timeoutSeconds: 0.1 });
 * } catch (error) {
 *   console.log((error as Error).message);
 * }
 */
export async function pushToGateway(recorder: Scrapable, options: PushOptions): Promise<void> {
  const site = 'pushToGateway';
  refuseIfAny(site, [...checkValue('"recorder"', scrapableRule, recorder ?? null), ...checkPushOptions(options)]);
  const { method = 'PUT', format = 'text' } = options;
  const { headers, body, status } = await scrape(recorder, {
    method: 'GET',
    accept: accept[format],
    acceptEncoding: 'gzip',
  });
  if (status !== 200) throw failure(site, options, 'the metrics could not be collected', 'Look at the collectors');
  const { 'Content-Type': contentType = '', 'Content-Encoding': encoding } = headers;
  await request(site, options, {
    method,
    url: groupUrl(options),
    headers: {
      ...headersOf(options),
      'Content-Type': contentType,
      ...(encoding !== undefined && { 'Content-Encoding': encoding }),
    },
    body: [await buffer(body)],
  });
}

/**
 * Deletes a group of a Pushgateway with all its numbers, also those that another job has pushed. A group that is not there is no error.
 *
 * @throws MetricsError as `pushToGateway` does.
 * @example
 * import { deleteFromGateway } from 'flowplane-metrics/pushgateway';
 *
 * const gateway = { url: 'http://127.0.0.1:1', timeoutSeconds: 0.1 };
 * await deleteFromGateway({ ...gateway, job: 'backup' }).catch((error) => console.log(error.code)); // push_failed
 */
export async function deleteFromGateway(options: GatewayOptions): Promise<void> {
  const site = 'deleteFromGateway';
  refuseIfAny(site, checkGatewayOptions(options));
  await request(site, options, { method: 'DELETE', url: groupUrl(options), headers: headersOf(options), body: [] });
}

function headersOf({ headers, basicAuth }: GatewayOptions): Record<string, string> {
  if (basicAuth === undefined) return { ...headers };
  const { username, password } = basicAuth;
  return { ...headers, Authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}` };
}

async function request(site: string, options: GatewayOptions, outgoing: OutgoingRequest): Promise<void> {
  const { timeoutSeconds: seconds = defaultTimeoutSeconds } = options;
  const client = new HttpClient(options);
  const late: Delivery = { reason: `no answer came within ${seconds} s` };
  try {
    const sent = deliver(client, outgoing, { trySeconds: seconds, seconds, maxTries });
    // Why a second limit: it keeps the process running until there is an answer.
    const { answer, reason } = await withTimeout(sent, seconds + 1, () => late);
    if (answer === undefined) throw failure(site, options, reason);
    const problem = explainAnswer(answer, (text) => maskSecrets(text, outgoing));
    if (problem !== undefined) throw failure(site, options, problem.given, problem.remedy);
  } finally {
    client.close();
  }
}

function failure(site: string, options: GatewayOptions, reason: string, remedy = 'Check "url"'): MetricsError {
  const { job } = options;
  const url = new URL(options.url);
  const given = maskSecrets(reason, { url, headers: headersOf(options) });
  const { origin, pathname } = url;
  const target = `${origin}${pathname.replace(/\/+$/, '')}`;
  const message = `the Pushgateway at ${target} has not done it for job ${JSON.stringify(job)} (given ${given}). ${remedy}.`;
  return new MetricsError(site, [{ code: 'push_failed', message }]);
}
