import { fetchHandler } from 'flowplane-metrics/http';
import { recorder } from '../../recorder';

// A route does not learn the address of its client, so a token lets Prometheus in.
const metrics = fetchHandler(recorder, { bearerTokens: [process.env['METRICS_TOKEN'] ?? 'only-for-this-sample'] });

export const dynamic = 'force-dynamic';
export const GET = (request: Request) => metrics(request);
