import { text } from 'node:stream/consumers';
import { expect } from 'chai';
import { type MetricsRecorder, PrometheusRecorder, scrape } from '../../lib/index.js';
import { until } from '../until.js';
import { type Asked, type ContractClient, connectClient, pipeline } from './contract-client.js';

/** A running application of one framework, measured, with the routes of the contract. */
export interface ContractApplication {
  readonly port: number;
  close(): Promise<unknown>;
}

/** The options that every framework's adapter takes. */
export interface ContractOptions {
  readonly names?: 'opentelemetry' | 'express-prom-bundle';
  readonly prefix?: string;
  readonly buckets?: readonly number[];
  readonly unmatchedRoute?: string;
  readonly trustProxy?: boolean;
}

/** How the requests travel. HTTP/2 is with TLS, unless its name says otherwise. */
export type Transport = 'http' | 'https' | 'HTTP/2' | 'HTTP/2 without TLS';

/**
 * What a framework brings to the contract: an application on 127.0.0.1 with its own router and these routes, and nothing
 * else. Its requests are measured by the framework's adapter.
 *
 * | route | answer |
 * |---|---|
 * | `GET /teams/:team` | 200, `a team` |
 * | `POST /teams` | 201, `made` |
 * | `GET /api/:version/members/:member`, by a nested router under `/api/:version` | 200, `a member` |
 * | `GET /broken` | the handler throws an Error, and the framework answers with 500 |
 * | `GET /stream` | 200, a streamed body of `one `, `two ` and `three` |
 * | `GET /cut` | 200, a streamed body of `half`, which then fails: the connection ends |
 * | `GET /slow` | no answer, ever |
 */
export interface ContractFramework {
  /** As the titles of the specs call it: `Express 5`. */
  readonly name: string;
  /** Which transports it can serve beside `http`. */
  readonly transports: readonly Transport[];
  start(recorder: MetricsRecorder, options: ContractOptions, transport: Transport): Promise<ContractApplication>;
}

/** The lines of the exposition that are the same for every framework. */
async function seriesOf(recorder: PrometheusRecorder): Promise<string[]> {
  const { body } = await scrape(recorder, { method: 'GET' });
  const lines = (await text(body)).split('\n');
  // Why not all sizes: the bodies of errors are the framework's own.
  return lines.filter(
    (line) => /duration_seconds_count|active_requests\{/.test(line) || /size_bytes_sum.*"20\d"/.test(line),
  );
}

/** Checks that the same traffic makes the same series in this framework as in every other one. */
export function itMeasuresRequests(framework: ContractFramework): void {
  describe(`The request metrics of ${framework.name}`, () => {
    let recorder: PrometheusRecorder;
    let application: ContractApplication;
    let client: ContractClient;

    const start = async (options: ContractOptions = {}, transport: Transport = 'http'): Promise<void> => {
      recorder = new PrometheusRecorder();
      application = await framework.start(recorder, { buckets: [60], ...options }, transport);
      client = connectClient(transport, application.port);
    };
    const stop = async (): Promise<void> => {
      client.close();
      await application.close();
    };
    const ask = (path: string, asked?: Asked) => client.ask(path, asked);
    /** Waits until as many requests as this are recorded. */
    const recorded = async (count: number): Promise<string[]> => {
      let lines: string[] = [];
      await until(async () => {
        lines = await seriesOf(recorder);
        const counts = lines.filter((line) => line.includes('duration_seconds_count'));
        return counts.reduce((sum, line) => sum + Number(line.split(' ').pop()), 0) === count;
      });
      return lines;
    };

    afterEach(stop);

    for (const transport of ['http', ...framework.transports] as const) {
      const scheme = transport === 'https' || transport === 'HTTP/2' ? 'https' : 'http';

      it(`have over ${transport} the pattern of the route, the method, the status and the scheme, and never the path`, async () => {
        await start({}, transport);
        expect(await ask('/teams/payments')).to.equal(200);
        expect(await ask('/teams/search?page=1')).to.equal(200);
        expect(await ask('/teams', { method: 'POST' })).to.equal(201);
        expect(await ask('/api/v1/members/42')).to.equal(200);
        expect(await ask('/broken')).to.equal(500);
        expect(await ask('/stream')).to.equal(200);
        expect(await recorded(6)).to.have.members([
          duration({ scheme, route: '/teams/:team', status: 200 }, 2),
          duration({ scheme, method: 'POST', route: '/teams', status: 201 }, 1),
          duration({ scheme, route: '/api/:version/members/:member', status: 200 }, 1),
          duration({ scheme, route: '/broken', status: 500, error: '500' }, 1),
          duration({ scheme, route: '/stream', status: 200 }, 1),
          size({ scheme, route: '/teams/:team', status: 200 }, 12),
          size({ scheme, method: 'POST', route: '/teams', status: 201 }, 4),
          size({ scheme, route: '/api/:version/members/:member', status: 200 }, 8),
          size({ scheme, route: '/stream', status: 200 }, 13),
          active({ scheme }, 0),
          active({ scheme, method: 'POST' }, 0),
        ]);
      });

      it(`count a HEAD over ${transport} without a body`, async () => {
        await start({}, transport);
        expect(await ask('/teams/a', { method: 'HEAD' })).to.equal(200);
        const labels = { scheme, method: 'HEAD', route: '/teams/:team', status: 200 };
        expect(await recorded(1))
          .to.include(duration(labels, 1))
          .and.include(size(labels, 0));
      });

      it(`have no status where the client goes before the answer, over ${transport}`, async () => {
        await start({}, transport);
        const abandon = client.begin('/slow');
        await until(async () => (await seriesOf(recorder)).includes(active({ scheme }, 1)));
        abandon();
        expect(await recorded(1)).to.deep.equal([
          duration({ scheme, route: '/slow', error: 'aborted' }, 1),
          active({ scheme }, 0),
        ]);
      });

      it(`have the status that was sent where the answer breaks off in the middle, over ${transport}`, async () => {
        await start({}, transport);
        await ask('/cut').catch(() => undefined);
        const lines = await recorded(1);
        expect(lines.filter((line) => line.includes('duration'))).to.deep.equal([
          duration({ scheme, route: '/cut', status: 200, error: 'aborted' }, 1),
        ]);
      });
    }

    it('have one series for a thousand values of a parameter in the mount path', async () => {
      await start();
      const requests = Array.from({ length: 1000 }, (_, i) => ({ path: `/api/${i}/members/members` }));
      expect(await pipeline(application.port, requests)).to.deep.equal({ 200: 1000 });
      const lines = await recorded(1000);
      expect(lines).to.include(duration({ route: '/api/:version/members/:member', status: 200 }, 1000));
    });

    it('have one series of each method and status for thousands of paths that match nothing', async () => {
      await start();
      const requests = Array.from({ length: 2000 }, (_, i) => ({
        method: i % 2 === 0 ? 'GET' : 'POST',
        path: `/scan/${i}.php`,
      }));
      expect(await pipeline(application.port, requests)).to.deep.equal({ 404: 2000 });
      expect((await recorded(2000)).filter((line) => line.includes('duration'))).to.have.members([
        duration({ status: 404 }, 1000),
        duration({ method: 'POST', status: 404 }, 1000),
      ]);
    });

    it("give what matches nothing the route that 'unmatchedRoute' says", async () => {
      await start({ unmatchedRoute: 'none' });
      for (const path of ['/a', '/b']) await ask(path);
      expect((await recorded(2)).filter((line) => line.includes('duration'))).to.deep.equal([
        duration({ route: 'none', status: 404 }, 2),
      ]);
    });

    it("have the scheme of the connection, and that of forwarded headers only where 'trustProxy' says so", async () => {
      const headers = { 'x-forwarded-proto': 'https' };
      await start();
      await ask('/teams/a', { headers });
      expect(await recorded(1)).to.include(duration({ route: '/teams/:team', status: 200 }, 1));
      await stop();
      await start({ trustProxy: true });
      await ask('/teams/a', { headers });
      const lines = await recorded(1);
      expect(lines).to.include(duration({ scheme: 'https', route: '/teams/:team', status: 200 }, 1));
      expect(lines).to.include(active({ scheme: 'https' }, 0));
    });

    it("take the names, labels and buckets of express-prom-bundle where 'names' says so", async () => {
      await start({ names: 'express-prom-bundle' });
      await ask('/teams/payments');
      expect((await recorded(1)).filter((line) => line.includes('duration'))).to.deep.equal([
        'http_request_duration_seconds_count{status_code="200",method="GET",path="/teams/:team"} 1',
      ]);
    });
  });
}

interface Labels {
  readonly method?: string;
  readonly scheme?: string;
  readonly route?: string;
  readonly status?: number;
  readonly error?: string;
}

/** The labels as they are exposed. Those that are not given are absent. */
function format({ method = 'GET', scheme = 'http', route, status, error }: Labels): string {
  const labels = {
    http_request_method: method,
    url_scheme: scheme,
    http_route: route,
    http_response_status_code: status,
    error_type: error,
  };
  const given = Object.entries(labels).filter(([, value]) => value !== undefined);
  return `{${given.map(([name, value]) => `${name}="${value}"`).join(',')}}`;
}

const duration = (labels: Labels, count: number): string =>
  `http_server_request_duration_seconds_count${format(labels)} ${count}`;

const size = (labels: Labels, bytes: number): string =>
  `http_server_response_body_size_bytes_sum${format(labels)} ${bytes}`;

const active = (labels: Labels, count: number): string => `http_server_active_requests${format(labels)} ${count}`;
