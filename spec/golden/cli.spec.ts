import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { defineCounter, MetricsServer, PrometheusRecorder, shipped } from './entries.js';
import { Golden } from './golden.js';
import { FakeServers } from './messages/doctor.js';
import { printed, runAll } from './program.js';

const golden = new Golden('cli');

/** Commands with their output, as the text of a golden file. */
async function transcript(
  commands: readonly (readonly string[])[],
  plain: (text: string) => string = (text) => text,
): Promise<string> {
  const runs = await runAll(commands);
  const blocks = runs.map((run, i) => `$ flowplane-metrics ${commands[i]?.join(' ')}\n${printed(run)}\n`);
  return plain(blocks.join('\n'));
}

const requests = defineCounter({ name: 'golden_requests_total', help: 'Requests', labels: { path: {} } });

describe('The command line', () => {
  let folder: string;
  let servers: FakeServers;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'golden-cli-'));
    servers = new FakeServers();
  });

  after(async () => {
    await servers.stop();
    rmSync(folder, { recursive: true });
  });

  const write = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };

  it('prints its golden usage', async () => {
    const commands = [
      ['--help'],
      ['-h'],
      ['help'],
      [],
      ['doctor', '--help'],
      ['doctor', '-h'],
      ['catalogue', '--help'],
      ['catalogue', '-h'],
      ['dashboard', '--help'],
    ];
    golden.compare('help.txt', await transcript([...commands, ['unknown'], ['constructor']]));
  });

  it('prints the golden errors for wrong options of the doctor', async () => {
    const wrong = [
      ['--metrics', 'localhost:9090'],
      ['--metrics', 'http://'],
      ['--prometheus', 'ftp://localhost'],
      ['--grafana', 'http://ada:secret@localhost'],
      ['--metrics-header', 'secret'],
      ['--prometheus', 'http://localhost', '--prometheus-header', 'secret'],
      ['--wait', 'soon'],
      ['--wait', ''],
      ['--max-series=-1'],
    ];
    golden.compare('doctor-options.txt', await transcript(wrong.map((args) => ['doctor', ...args])));
  });

  it('prints the golden errors for an unknown option and for a missing value', async () => {
    const commands = [
      ['doctor', '--unknown'],
      ['doctor', '--metric', 'http://localhost'],
      ['doctor', 'http://localhost'],
      ['doctor', '--metrics-header', 'X-Key:', 'secret'],
      ['doctor', '--json=true'],
      ['doctor', '--wait'],
      ['doctor', '--wait', '-1'],
      ['catalogue', '--unknown'],
      ['catalogue', '--timeout'],
      ['catalogue', '--check'],
    ];
    golden.compare('unknown-options.txt', await transcript(commands));
  });

  it('prints the golden report of a healthy endpoint, as text and as JSON', async () => {
    const recorder = new PrometheusRecorder();
    recorder.counter(requests).inc({ path: '/' });
    const server = new MetricsServer(recorder, { port: 0, processMetrics: false, endpointMetrics: false });
    const { url } = await server.listen();
    const doctor = ['doctor', '--wait', '0', '--metrics', url, '--family', 'golden_requests_total'];
    const plain = (text: string) =>
      text
        .replaceAll(url, 'http://<endpoint>/metrics')
        .replaceAll(/in \d+ ms/g, 'in <n> ms')
        .replaceAll(/[\d.]+ KiB/g, '<n> KiB');
    try {
      golden.compare('doctor-healthy.txt', await transcript([doctor, [...doctor, '--json']], plain));
    } finally {
      await server.close();
    }
  });

  it('prints the golden report of a failing endpoint, as text and as JSON', async () => {
    const json = (data: unknown) => JSON.stringify({ status: 'success', data });
    const metrics = await servers.start('<endpoint>', {
      '*': 'a_total 0\nflowplane_metrics_dropped_total{metric="a_total",reason="overflow"} 3\n',
    });
    const prometheus = await servers.start('<prometheus>', {
      '/api/v1/status/buildinfo': json({ version: '3.0.0' }),
      '/api/v1/targets': json({ activeTargets: [] }),
    });
    const grafana = await servers.start('<grafana>', {});
    const doctor = ['doctor', '--metrics', metrics, '--prometheus', prometheus, '--grafana', grafana];
    golden.compare(
      'doctor-failing.txt',
      await transcript([doctor, [...doctor, '--json']], (text) => servers.plain(text)),
    );
  });

  it('prints and checks a catalogue as in the golden file', async () => {
    const index = pathToFileURL(join(shipped, 'index.mjs')).href;
    const module = write(
      'module.mjs',
      `import { Counter, Timed, defineGauge, instrumentFunction } from '${index}';
       export const golden = instrumentFunction(function work(team) {},
         Counter({ name: 'golden_cli_total', help: 'Counted', labels: { team: { args: (team) => team, limit: 5 } } }),
         Timed({ name: 'golden_cli_seconds', help: 'Timed', unit: 'seconds', buckets: [0.1, 1] }));
       export const size = defineGauge({ name: 'golden_cli_bytes', help: 'By hand', unit: 'bytes' });
       export const nothing = null;
       export const number = 1;`,
    );
    const row = '| `golden_cli_bytes` | gauge |  | 1 |  | By hand (bytes) |';
    const text = await transcript(
      [
        ['catalogue', module],
        ['catalogue', module, '--json'],
        ['catalogue'],
        ['catalogue', module, '--check', write('empty.md', '# Metrics\n')],
        ['catalogue', module, '--check', write('stale.md', `# Metrics\n\n${row}\n| other |\n`)],
        ['catalogue', module, '--check', join(folder, 'absent.md')],
      ],
      (printed) => printed.replaceAll(folder, '<folder>'),
    );
    golden.compare('catalogue.txt', text);
    const markdown = text.split('\n\n')[0]?.split('\n').slice(2).join('\n');
    const fresh = write('fresh.md', `# Metrics\n\n${markdown}\n\nThe end.\n`);
    const longer = write('longer.md', `# Metrics\n\n${markdown}\n| another row |\n`);
    const checks = [fresh, longer].map((file) => ['catalogue', module, '--check', file]);
    golden.compare(
      'catalogue-checks.txt',
      await transcript(checks, (printed) => printed.replaceAll(folder, '<folder>')),
    );
  });

  it('prints the golden error for a module that cannot be loaded', async () => {
    const module = write('broken.mjs', "throw new Error('no module');\n");
    golden.compare(
      'broken-module.txt',
      await transcript([['catalogue', module]], (text) => text.replaceAll(folder, '<folder>')),
    );
  });

  it('leaves no golden file without a comparison', () => {
    golden.refuseLeftovers();
  });
});
