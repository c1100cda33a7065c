import { once } from 'node:events';
import { Agent, request as httpRequest, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect } from 'chai';
import { type MetricsRecorder, PrometheusRecorder, scrape } from '../../lib/index.js';
import { until } from '../until.js';

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
  start(recorder: MetricsRecorder, options: ContractOptions): Promise<ContractApplication>;
}

interface Asked {
  readonly agent?: Agent;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const request = async (port: number, path: string, asked: Asked = {}): Promise<number | undefined> => {
  const sent = httpRequest({ host: '127.0.0.1', port, path, agent: false, ...asked }).end();
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  await text(response).catch(() => undefined);
  return response.statusCode;
};

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

    const start = async (options: ContractOptions = {}): Promise<void> => {
      recorder = new PrometheusRecorder();
      application = await framework.start(recorder, { buckets: [60], ...options });
    };
    const ask = (path: string, asked?: Asked) => request(application.port, path, asked);
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

    afterEach(() => application.close());

    it('have the pattern of the route, the method and the status, and never the path', async () => {
      await start();
      expect(await ask('/teams/payments')).to.equal(200);
      expect(await ask('/teams/search?page=1')).to.equal(200);
      expect(await ask('/teams', { method: 'POST' })).to.equal(201);
      expect(await ask('/api/v1/members/42')).to.equal(200);
      expect(await ask('/broken')).to.equal(500);
      expect(await ask('/stream')).to.equal(200);
      expect(await recorded(6)).to.have.members([
        duration({ route: '/teams/:team', status: 200 }, 2),
        duration({ method: 'POST', route: '/teams', status: 201 }, 1),
        duration({ route: '/api/:version/members/:member', status: 200 }, 1),
        duration({ route: '/broken', status: 500, error: '500' }, 1),
        duration({ route: '/stream', status: 200 }, 1),
        size({ route: '/teams/:team', status: 200 }, 12),
        size({ method: 'POST', route: '/teams', status: 201 }, 4),
        size({ route: '/api/:version/members/:member', status: 200 }, 8),
        size({ route: '/stream', status: 200 }, 13),
        active('GET', 0),
        active('POST', 0),
      ]);
    });

    it('have one series for a thousand values of a parameter in the mount path', async () => {
      await start();
      // Why kept: a connection for each request takes longer than all the rest.
      const agent = new Agent({ keepAlive: true });
      await Promise.all(
        Array.from({ length: 20 }, async (_, batch) => {
          for (let i = 0; i < 50; i++) await ask(`/api/${batch * 50 + i}/members/members`, { agent });
        }),
      );
      agent.destroy();
      const lines = await recorded(1000);
      expect(lines).to.include(duration({ route: '/api/:version/members/:member', status: 200 }, 1000));
    });

    it('have one series for all paths that match nothing', async () => {
      await start();
      for (let i = 0; i < 100; i++) expect(await ask(`/scan/${i}.php`)).to.equal(404);
      expect((await recorded(100)).filter((line) => line.includes('duration'))).to.deep.equal([
        duration({ status: 404 }, 100),
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
      await application.close();
      await start({ trustProxy: true });
      await ask('/teams/a', { headers });
      const lines = await recorded(1);
      expect(lines).to.include(duration({ scheme: 'https', route: '/teams/:team', status: 200 }, 1));
      expect(lines).to.include('http_server_active_requests{http_request_method="GET",url_scheme="https"} 0');
    });

    it('count the requests for a HEAD without a body', async () => {
      await start();
      expect(await ask('/teams/a', { method: 'HEAD' })).to.equal(200);
      const [counted, bytes] = [duration, size].map((line) =>
        line({ method: 'HEAD', route: '/teams/:team', status: 200 }, 1),
      );
      const lines = await recorded(1);
      expect(lines).to.include(counted).and.include(bytes?.replace(/1$/, '0'));
    });

    it('have no status where the client goes before the answer', async () => {
      await start();
      const socket = connect(application.port, '127.0.0.1');
      socket.write('GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n');
      await until(async () => (await seriesOf(recorder)).includes(active('GET', 1)));
      socket.destroy();
      expect(await recorded(1)).to.deep.equal([duration({ route: '/slow', error: 'aborted' }, 1), active('GET', 0)]);
    });

    it('have the status that was sent where the answer breaks off in the middle', async () => {
      await start();
      await ask('/cut').catch(() => undefined);
      const lines = await recorded(1);
      expect(lines.filter((line) => line.includes('duration'))).to.deep.equal([
        duration({ route: '/cut', status: 200, error: 'aborted' }, 1),
      ]);
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

const active = (method: string, count: number): string => `http_server_active_requests${format({ method })} ${count}`;
