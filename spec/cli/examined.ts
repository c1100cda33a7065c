import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { MetricsServer } from '../../lib/adapters/koa/index.js';
import type { NamedResult } from '../../lib/cli/doctor/diagnosis.js';
import { doctorCommand } from '../../lib/cli/doctor/doctor-command.js';
import { defineCounter, PrometheusRecorder } from '../../lib/index.js';
import { shippedProgram } from '../golden/entries.js';

export const requests = defineCounter({
  name: 'requests_total',
  help: 'Requests',
  labels: { path: {} },
  initial: [{ path: '/' }],
});

export interface Diagnosis {
  readonly code: number;
  readonly printed: string;
  readonly complained: string;
}

/** Runs the shipped program, in a process of its own. */
export function doctor(...args: string[]): Promise<Diagnosis> {
  return new Promise((resolve) => {
    execFile(process.execPath, [shippedProgram, 'doctor', '--wait', '0.1', ...args], (error, printed, complained) => {
      resolve({ code: error === null ? 0 : Number(error.code), printed, complained });
    });
  });
}

/** Runs the command in this process. Why: to start one takes longer than all that the command does. */
export async function examine(...args: string[]): Promise<Diagnosis> {
  const written = { printed: '', complained: '' };
  const writeTo = (stream: keyof typeof written) => (text: string) => {
    written[stream] += text;
  };
  const output = { out: writeTo('printed'), err: writeTo('complained') };
  return { code: await doctorCommand.run(['--wait', '0.1', ...args], output), ...written };
}

/** What each step found, by its name. */
export async function steps(...args: string[]): Promise<Readonly<Record<string, NamedResult>>> {
  const { printed, complained } = await examine('--json', ...args);
  expect(complained).to.equal('');
  const { steps } = JSON.parse(printed) as { steps: NamedResult[] };
  return Object.fromEntries(steps.map((result) => [result.step, result]));
}

/** The servers that the doctor examines in one test, on free ports. `stop()` ends them all. */
export class Examined {
  readonly recorder = new PrometheusRecorder({ onAdvice: () => undefined, onError: () => undefined });
  /** What the double of Grafana has. */
  readonly dashboards: object[] = [];
  readonly alertRules: object[] = [];
  readonly libraryPanels: object[] = [];
  /** The paths that the token may not read. */
  readonly grafanaRefuses: string[] = [];
  /** The value of `Authorization` in each request that the double of Grafana got. */
  readonly grafanaCredentials: (string | undefined)[] = [];
  readonly #stops: (() => unknown)[] = [];

  constructor() {
    this.recorder.counter(requests).inc({ path: '/' });
  }

  async serve(listener: RequestListener): Promise<string> {
    const server = createServer(listener).listen(0, '127.0.0.1');
    this.whenStopped(() => server.close().closeAllConnections());
    await once(server, 'listening');
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  /** A real exporter, which lets in those who have the token. */
  async endpoint(token?: string, recorder = this.recorder): Promise<string> {
    const bearerTokens = token === undefined ? undefined : [token];
    const options = { port: 0, processMetrics: false, endpointMetrics: false, bearerTokens };
    const server = new MetricsServer(recorder, options);
    this.whenStopped(() => server.close());
    return (await server.listen()).url;
  }

  /**
   * A double of Grafana's HTTP API. Why no real one: it is in no registry that a developer's machine or CI reaches.
   *
   * Source: Grafana, "HTTP API": Other, Data source, Folder/Dashboard search, Dashboard, Library element, Alerting
   * provisioning; the answers have the fields of the examples there.
   */
  grafana(health: object, status = 200, date?: string): Promise<string> {
    return this.serve((request, response) => {
      this.grafanaCredentials.push(request.headers.authorization);
      if (date !== undefined) response.setHeader('Date', date);
      const answers: Readonly<Record<string, object>> = {
        '/api/health': { database: 'ok', version: '12.2.0', commit: 'x' },
        '/api/datasources': [
          { uid: 'loki', name: 'Logs', type: 'loki', url: 'http://loki' },
          { uid: 'p', name: 'Flowplane Prometheus', type: 'prometheus', url: 'http://127.0.0.1:9091' },
        ],
        '/api/datasources/uid/p/health': health,
        '/api/search': this.dashboards.map(toHit),
        ...Object.fromEntries(
          this.dashboards.map((dashboard, i) => [`/api/dashboards/uid/d${i}`, toAnswer(dashboard)]),
        ),
        '/api/library-elements': {
          result: {
            totalCount: this.libraryPanels.length,
            page: 1,
            perPage: 100,
            elements: this.libraryPanels.map(toElement),
          },
        },
        '/api/v1/provisioning/alert-rules': this.alertRules.map(toProvisionedRule),
      };
      const [path = ''] = request.url?.split('?') ?? [];
      const isRefused = this.grafanaRefuses.includes(path);
      response.statusCode = isRefused ? 403 : path === '/api/health' ? 200 : path in answers ? status : 404;
      response.end(JSON.stringify(isRefused ? { message: 'Forbidden' } : (answers[path] ?? { message: 'Not found' })));
    });
  }

  whenStopped(stop: () => unknown): void {
    this.#stops.push(stop);
  }

  async stop(): Promise<void> {
    await Promise.all(this.#stops.splice(0).map((stop) => stop()));
  }
}

/** A dashboard in the answer to a search. */
const toHit = (_: object, i: number): object => ({
  id: i + 1,
  uid: `d${i}`,
  orgId: 1,
  title: `Dashboard ${i}`,
  uri: `db/dashboard-${i}`,
  url: `/d/d${i}/dashboard-${i}`,
  slug: '',
  type: 'dash-db',
  tags: [],
  isStarred: false,
});

const toAnswer = (dashboard: object): object => ({
  meta: { isStarred: false, url: '/d/d0/dashboard', folderId: 0, folderUid: '', slug: 'dashboard' },
  dashboard: { id: 1, uid: 'd0', schemaVersion: 41, version: 1, ...dashboard },
});

const toElement = (model: object, i: number): object => ({
  id: i + 1,
  orgId: 1,
  folderUid: '',
  uid: `l${i}`,
  name: `Library panel ${i}`,
  kind: 1,
  type: 'timeseries',
  description: '',
  model,
  version: 1,
  meta: { folderName: 'General', folderUid: '', connectedDashboards: 1 },
});

const toProvisionedRule = (rule: object, i: number): object => ({
  id: i + 1,
  uid: `r${i}`,
  orgID: 1,
  folderUID: 'f',
  ruleGroup: 'shop',
  condition: 'B',
  noDataState: 'NoData',
  execErrState: 'Error',
  for: '5m',
  ...rule,
});
