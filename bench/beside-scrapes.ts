import {
  countLost,
  latencies,
  load,
  median,
  medians,
  type Service,
  startService,
  stopService,
} from './loaded-service.js';

/*
 * How long the API of a service takes beside 50 scrapes of 10,000 series a second, alone and where a thread of the service,
 * another service, or its own event loop answers these: `node dist/bench/beside-scrapes.js [seconds of each slice]`.
 *
 * Why another service: whatever it does to the API is the machine's lack of processors, and no fault of the thread.
 */
const seconds = Number(process.argv[2] ?? 4);
const rounds = 9;
const perSecond = 50;

const threaded = await startService('--thread');
const other = await startService('--thread');
const unthreaded = await startService();

/** Each arrangement: whose API is asked, and who answers the scrapes. */
const arrangements: Readonly<Record<string, readonly [asked: Service, scraped?: Service]>> = {
  'alone, with a thread': [threaded],
  'its thread answers the scrapes': [threaded, threaded],
  'another service answers them': [threaded, other],
  'alone, without a thread': [unthreaded],
  'its event loop answers the scrapes': [unthreaded, unthreaded],
};

/** What the API takes, and which share of the scrapes was answered in time. */
interface Slice {
  readonly latencies: readonly number[];
  readonly answered: number;
}

async function measure([asked, scraped]: readonly [Service, Service?]): Promise<Slice> {
  // Why gzip: Prometheus asks for it.
  const headers = { 'accept-encoding': 'gzip' };
  const scraping = scraped && load(scraped.metricsUrl, perSecond, seconds, headers);
  const taken = await latencies(asked.apiUrl, seconds);
  const result = await scraping;
  const answered = result === undefined ? 1 : (result.requests.total - countLost(result)) / (perSecond * seconds);
  return { latencies: taken, answered };
}

try {
  for (const arrangement of Object.values(arrangements)) await measure(arrangement);
  const slices = new Map<string, Slice[]>(Object.keys(arrangements).map((name) => [name, []]));
  // Why in turns: whatever else the machine does then weighs on all alike.
  for (let round = 0; round < rounds; round++) {
    for (const [name, arrangement] of Object.entries(arrangements)) slices.get(name)?.push(await measure(arrangement));
  }
  console.log(`The API beside ${perSecond} scrapes/s of 10,000 series. Node ${process.version}.`);
  let alone: readonly number[] = [];
  for (const [name, measured] of slices) {
    const p99 = measured.map(({ latencies: [, p] }) => p as number);
    if (name.startsWith('alone')) alone = p99;
    const ratio = median(p99.map((time, round) => time / (alone[round] as number)));
    const answered = median(measured.map((slice) => slice.answered));
    console.log(
      `  ${name.padEnd(36)}p50, p99, longest: ${medians(measured.map((slice) => slice.latencies))} ms; p99 ${ratio.toFixed(2)} x, the least ${Math.min(...p99)} ms; ${(answered * 100).toFixed(0)} % of the scrapes answered`,
    );
  }
} finally {
  for (const service of [threaded, other, unthreaded]) await stopService(service);
}
