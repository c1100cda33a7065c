import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Agent } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { Counter as PromCounter, Registry } from 'prom-client';
import { type Advice, defineCounter, PrometheusRecorder, type Scrapable } from '../../lib/index.js';
import { OtlpExporter, type OtlpOptions } from '../../lib/otlp/index.js';
import { readOtlp } from '../otlp/read-otlp.js';
import { answers, FaultyReceiver } from '../sending/faulty-receiver.js';
import { until } from '../until.js';
import { ExportingService } from './exporting-service.js';
import { Served, ThreadServer } from './served.js';
import { ThreadFaults } from './thread-faults.js';

const jobsFamily = defineCounter({ name: 'jobs_total', help: 'Jobs' });

/** How a service is ended: by what it is told, or by SIGTERM after it has been heard. */
interface EndingCase {
  readonly tell: string;
  readonly hears?: string;
  readonly ending: number | string;
}

describe('Exports over OTLP of a server in a thread of its own', () => {
  const receiver = new FaultyReceiver();
  const served = new Served(ThreadServer);
  const running: ExportingService[] = [];
  /** When each request has come, in milliseconds since the epoch. */
  const arrivals: number[] = [];
  let folder: string;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'otlp-in-thread-'));
    await receiver.start();
  });
  after(() => {
    receiver.stop();
    rmSync(folder, { recursive: true });
  });
  beforeEach(() => {
    arrivals.length = 0;
    receiver.reset((response) => {
      arrivals.push(Date.now());
      response.end();
    });
  });
  afterEach(async () => {
    await Promise.all(running.splice(0).map((one) => one.stop()));
    await served.close();
  });

  const points = (name = 'jobs') =>
    receiver.received.flatMap(
      (one) =>
        readOtlp(one)
          .metrics.find((metric) => metric.name === name)
          ?.points.slice(0, 1) ?? [],
    );
  const totals = (): (number | undefined)[] => points().map(({ asDouble }) => asDouble);

  const start = async (options: OtlpOptions = {}): Promise<ExportingService> => {
    const service = await ExportingService.start({ endpoint: receiver.url, ...options });
    running.push(service);
    return service;
  };

  /** Serves a recorder that has counted 7 jobs. */
  const serve = async (otlp: OtlpOptions, recorder = new PrometheusRecorder()) => {
    const jobs = recorder.counter(jobsFamily);
    jobs.inc({}, 7);
    const advice: Advice[] = [];
    const { server } = await served.serve(recorder, {
      onAdvice: (one) => advice.push(one),
      otlp: { endpoint: receiver.url, announce: false, ...otlp },
    });
    return { jobs, server, advice };
  };

  it('go on while the event loop of the service is blocked, with the numbers of that moment', async () => {
    const service = await start({ intervalSeconds: 0.05 });
    await until(() => arrivals.length > 0);
    const file = join(folder, 'enough');
    service.tell(`block ${file}`);
    await until(() => new Set(totals()).size >= 4);
    writeFileSync(file, '');
    const { from, to } = await service.hearsBlocked();
    const meanwhile = points().filter((_, i) => (arrivals[i] as number) > from && (arrivals[i] as number) < to);
    expect(meanwhile.length).to.be.above(1);
    const values = meanwhile.map(({ asDouble }) => asDouble as number);
    expect(values).to.deep.equal([...values].sort((a, b) => a - b));
    expect(new Set(values).size).to.be.above(1);
  });

  const endings: Readonly<Record<string, EndingCase>> = {
    'before SIGTERM ends the process': { tell: 'count', hears: 'counted', ending: 'SIGTERM' },
    'by the main thread where SIGTERM ends the process and the thread does not answer': {
      ...{ tell: 'hang', hears: 'hangs', ending: 'SIGTERM' },
    },
    'where the process has nothing left to do': { tell: 'leave', ending: 0 },
    'after an error that nobody catches': { tell: 'fail', ending: 1 },
  };
  for (const [when, { tell, hears, ending }] of Object.entries(endings)) {
    it(`have one more ${when}`, async () => {
      const service = await start();
      service.tell(tell);
      if (hears !== undefined) {
        await service.hears(hears);
        service.kill('SIGTERM');
      }
      expect(await service.ended()).to.equal(ending);
      expect(totals()).to.deep.equal([8]);
    });
  }

  it('have a last one of the main thread where the thread has ended by itself', async () => {
    const faults = new ThreadFaults();
    await faults.start();
    try {
      const { jobs, server, advice } = await serve({});
      await faults.exit();
      await until(() => advice.some(({ code }) => code === 'thread'));
      jobs.inc();
      await server.close();
      expect(totals()).to.deep.equal([8]);
    } finally {
      faults.stop();
    }
  });

  it('go on as the same series in a thread that is started again, also those of prom-client', async () => {
    const faults = new ThreadFaults();
    await faults.start();
    const registry = new Registry();
    const mails = new PromCounter({ name: 'mails_total', help: 'Mails', registers: [registry] });
    mails.inc(3);
    try {
      const { jobs, advice } = await serve({ intervalSeconds: 0.05 }, new PrometheusRecorder({ registry }));
      await until(() => points('mails').length > 0);
      await faults.exit();
      await until(() => advice.some(({ code }) => code === 'thread'));
      jobs.inc();
      mails.inc();
      await until(() => totals().at(-1) === 8 && points('mails').at(-1)?.asDouble === 4);
      for (const name of ['jobs', 'mails']) {
        expect(new Set(points(name).map(({ start }) => start)).size).to.equal(1);
        const values = points(name).map(({ asDouble }) => asDouble as number);
        expect(values).to.deep.equal([...values].sort((a, b) => a - b));
      }
      const ids = receiver.received.map((one) => readOtlp(one).resource['service.instance.id']);
      expect(new Set(ids).size).to.equal(1);
    } finally {
      faults.stop();
    }
  });

  it('count nothing twice as deltas where the thread is started again', async () => {
    const faults = new ThreadFaults();
    await faults.start();
    try {
      const { jobs, server, advice } = await serve({ intervalSeconds: 0.05, temporality: 'delta' });
      await until(() => points().length > 0);
      await faults.exit();
      await until(() => advice.some(({ code }) => code === 'thread'));
      jobs.inc({}, 2);
      await until(() => points().length > 1);
      jobs.inc();
      await server.close();
      expect(totals()).to.deep.equal([7, 2, 1]);
    } finally {
      faults.stop();
    }
  });

  it('connect by an agent on the main thread', async () => {
    const agent = new Agent();
    let connections = 0;
    const createConnection = agent.createConnection.bind(agent);
    agent.createConnection = (...given) => {
      connections++;
      return createConnection(...given);
    };
    const { server } = await serve({ agent });
    await server.close();
    expect([connections, totals()]).to.deep.equal([1, [7]]);
    agent.destroy();
  });

  it('tell their advice to the function of the service, once for each state', async () => {
    const advice: Advice[] = [];
    receiver.reset(answers(404), answers(404), answers(404), answers(200));
    await serve({ intervalSeconds: 0.05, onAdvice: (one) => advice.push(one), headers: { 'x-token': 's3cret' } });
    await until(() => receiver.received.length > 4);
    expect(receiver.received.map(({ headers }) => headers['x-token'])).to.include('s3cret');
    expect(advice.map(({ code }) => code)).to.deep.equal(['otlp']);
    expect(advice[0]?.message).to.contain('status 404').and.not.contain('s3cret');
  });

  it('expose their counts in the scrapes of the thread', async () => {
    await serve({ intervalSeconds: 0.05 });
    await until(() => receiver.received.length > 1);
    expect(points('flowplane_metrics_otlp_exports').at(-1)?.asDouble).to.be.a('number');
  });

  it('keep the start time of a series that was left out because the main thread was blocked', async () => {
    const registry = new Registry();
    new PromCounter({ name: 'mails_total', help: 'Mails', registers: [registry] }).inc(3);
    const recorder = new PrometheusRecorder({ registry });
    let blocked = 0;
    let isBlocked = false;
    const copy: Scrapable = {
      exposedFamilies: async () => {
        if (!isBlocked) return recorder.exposedFamilies();
        blocked++;
        return [];
      },
    };
    const exporter = new OtlpExporter(copy, { endpoint: receiver.url });
    exporter.startInThread({ since: 5_000_000, countIncomplete: () => blocked });
    for (isBlocked of [false, true, false]) await exporter.flush();
    await exporter.shutdown();
    expect(points('mails').map(({ start }) => start)).to.deep.equal([5_000_000_000n, 5_000_000_000n, 5_000_000_000n]);
  });
});
