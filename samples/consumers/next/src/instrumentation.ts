import { setDefaultRecorder } from 'flowplane-metrics';
import { recorder } from './recorder';

/** Next calls this once, before the first request. */
export async function register(): Promise<void> {
  setDefaultRecorder(recorder); // for every instance that no container creates
  const port = process.env['METRICS_PORT'];
  if (process.env['NEXT_RUNTIME'] !== 'nodejs' || port === undefined) return;
  // A port of its own, served by a thread: it answers while a request blocks the event loop.
  const { serveMetrics } = await import('flowplane-metrics/serve');
  const { url } = await serveMetrics({ recorder, port: Number(port), thread: true });
  console.log(`Metrics at ${url}`);
}
