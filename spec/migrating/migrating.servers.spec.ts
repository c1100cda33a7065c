import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, get } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { defineCounter, PrometheusRecorder } from '../../lib/index.js';
import { compile } from '../documents/compiler.js';
import { documentAt, root } from '../documents/documents.js';
import { needs } from '../needs.js';
import { PrometheusServer } from '../prometheus-server.js';
import { until } from '../until.js';
import { differenceOf } from './exposition-facts.js';

const run = promisify(execFile);
const guide = documentAt('docs/guides/migrating.md');

/** What the programs of the guide need. Why pinned: what differs is stated of these versions. */
const packages = [
  ...['prom-client@15.1.3', 'koa@3', '@koa/router@15', 'inversify@8', 'reflect-metadata@0.2'],
  ...['fastify@5', 'fastify-metrics@14.1.0', '@types/koa@3', '@types/node@20'],
  ...['express@5', '@types/express@5', 'express-prom-bundle@8.0.0', '@willsoto/nestjs-prometheus@6.1.1'],
  ...['@nestjs/common@11', '@nestjs/core@11', '@nestjs/platform-express@11', 'rxjs@7'],
  ...['@opentelemetry/api@1.10.0', '@opentelemetry/sdk-metrics@3.1.1', '@opentelemetry/exporter-prometheus@0.301.0'],
];

/** The requests that each program of a section gets. */
const traffic: Readonly<Record<string, readonly (readonly [method: string, path: string])[]>> = {
  'prom-client': [
    ['POST', '/payments/card'],
    ['POST', '/payments/card'],
    ['POST', '/payments/cheque'],
  ],
  'fastify-metrics': [
    ['GET', '/teams/payments'],
    ['GET', '/teams/checkout'],
  ],
  'express-prom-bundle': [
    ['GET', '/teams/payments'],
    ['GET', '/teams/checkout'],
  ],
  'nestjs-prometheus': [
    ['GET', '/orders/FR'],
    ['GET', '/orders/FR'],
    ['GET', '/orders/DE'],
  ],
  opentelemetry: [
    ['GET', '/payments/card'],
    ['GET', '/payments/card'],
    ['GET', '/payments/cheque'],
  ],
};

/** The steps that are not compared with the one before them. */
const comparedWith: Readonly<Record<string, string>> = { 'fastify-metrics/3-names': 'fastify-metrics/before' };

/** A step of the guide: its folder, e.g. `prom-client/1-serve`, and the section that it belongs to. */
interface Step {
  readonly folder: string;
  readonly section: string;
}

const folders = guide.fences
  .filter(({ flags }) => flags.includes('migration'))
  .map(({ file = '' }) => dirname(file))
  .filter((folder, i, all) => all.indexOf(folder) === i);
const steps: readonly Step[] = folders.map((folder) => ({ folder, section: dirname(folder) }));

/** The step that the files of another one replace some of. */
const stepBefore = ({ folder, section }: Step): string | undefined =>
  steps[steps.findIndex((step) => step.folder === folder && step.section === section) - 1]?.folder;

/**
 * Scrapes twice. Why: an application that measures its scrapes knows of the first one at the second. Why by one connection: a
 * server reads the second request from it only when it has done with the first.
 */
async function secondScrape(url: string): Promise<string> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const read = async (): Promise<string> => {
    const [response] = await once(get(url, { agent }), 'response');
    return text(response);
  };
  try {
    await read();
    return await read();
  } finally {
    agent.destroy();
  }
}

/** A program with a harmless counter, and one with these attributes, which prints where it serves both. */
const programWithAttributes = (attributes: object): string => `
  import { createServer } from 'node:http';
  import { PrometheusExporter } from '@opentelemetry/exporter-prometheus';
  import { MeterProvider } from '@opentelemetry/sdk-metrics';
  const exporter = new PrometheusExporter({ preventServerStart: true });
  const meter = new MeterProvider({ readers: [exporter] }).getMeter('calls');
  meter.createCounter('harmless').add(1);
  meter.createCounter('calls').add(1, ${JSON.stringify(attributes)});
  const server = createServer((request, response) => exporter.getMetricsRequestHandler(request, response));
  server.listen(0, '127.0.0.1', () => console.log('http://127.0.0.1:' + server.address().port));
`;

describe('The guide on migrating, run with the packages that one migrates from', function () {
  this.timeout(240_000);
  let project: string;

  before(async () => {
    project = mkdtempSync(join(tmpdir(), 'migrating-'));
    // Why without scripts: they would build again, under the feet of the other specs.
    const pack = ['pack', '--json', '--ignore-scripts', '--pack-destination', project];
    const [{ filename }] = JSON.parse((await run('npm', pack, { cwd: root })).stdout);
    writeFileSync(join(project, 'package.json'), '{ "type": "module", "private": true }');
    const options = ['--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline'];
    await run('npm', ['install', ...options, join(project, filename), ...packages], { cwd: project });
    writePrograms();
  });

  after(() => rmSync(project, { recursive: true }));

  /** Writes each step as a folder: what the step before it has, and the files that the guide shows for it. */
  function writePrograms(): void {
    for (const step of steps) {
      const [target, former] = [join(project, step.folder), stepBefore(step)];
      const isFirst = step.folder.endsWith('/before');
      mkdirSync(target, { recursive: true });
      if (!isFirst && former !== undefined) cpSync(join(project, former), target, { recursive: true });
      for (const { file = '', text: content } of guide.fences) {
        if (dirname(file) === step.folder) writeFileSync(join(project, file), content);
      }
    }
  }

  /** Runs a program, sends the traffic of its section, and gives what it exposes then. */
  async function exposition({ folder, section }: Step): Promise<string> {
    const anyPort = join(root, 'spec/migrating/any-port.mjs');
    const program = spawn(process.execPath, ['--import', anyPort, join(project, folder, 'main.js')], {
      cwd: project,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const errors = text(program.stderr);
    const exited = once(program, 'exit');
    try {
      const ports = await portsOf(program.stdout);
      const origin = `http://127.0.0.1:${ports.get('8080')}`;
      for (const [method, path] of traffic[section] ?? []) {
        const response = await fetch(origin + path, { method });
        expect({ status: response.status, body: await response.text() }, path).to.include({ status: 200 });
      }
      return await secondScrape(`http://127.0.0.1:${ports.get('9090') ?? ports.get('8080')}/metrics`);
    } finally {
      program.kill('SIGKILL');
      await exited;
      expect(await errors, folder).to.equal('');
    }
  }

  /** Which port a program got for each that it asked for. The one of its application comes last. */
  async function portsOf(stdout: NodeJS.ReadableStream): Promise<Map<string, string>> {
    const ports = new Map<string, string>();
    for await (const line of createInterface({ input: stdout })) {
      const [, asked, given] = /^port (\d+) is (\d+)$/.exec(line) ?? [];
      if (asked !== undefined && given !== undefined) ports.set(asked, given);
      if (asked === '8080') return ports;
    }
    throw new Error('the program has ended before it listened');
  }

  it('has programs that compile, each with the files of the steps before it', () => {
    expect(steps.length).to.be.above(9);
    expect(
      compile(
        project,
        steps.map(({ folder }) => join(folder, 'main.ts')),
      ),
    ).to.deep.equal([]);
  });

  it('lists for each step all that differs in the exposition, and nothing else', async () => {
    const seen = new Map<string, string>();
    for (const step of steps) seen.set(step.folder, await exposition(step));
    const differences = steps
      .filter(({ folder }) => !folder.endsWith('/before'))
      .map((step) => {
        const former = comparedWith[step.folder] ?? stepBefore(step) ?? '';
        const lines = differenceOf(seen.get(former) ?? '', seen.get(step.folder) ?? '');
        return [`${step.folder}/differs.txt`, lines.length === 0 ? ['nothing'] : lines] as const;
      });
    if (process.env['UPDATE_GOLDEN'] === '1') return update(new Map(differences));
    const stated = guide.fences.flatMap(({ file = '', text: content }) =>
      file.endsWith('/differs.txt') ? [[file, content.trimEnd().split('\n')] as const] : [],
    );
    expect(Object.fromEntries(stated)).to.deep.equal(Object.fromEntries(differences));
  });

  const attributes: Readonly<Record<string, object>> = {
    'an attribute with a dot and one with an underscore': { 'http.method': 'GET', http_method: 'POST' },
    'an attribute that begins with a digit': { '2nd.try': 'yes' },
  };
  for (const [what, given] of Object.entries(attributes)) {
    it(`says rightly that Prometheus refuses all that the exporter of OpenTelemetry writes for ${what}`, async function () {
      needs(this, 'prometheus');
      const program = join(project, 'refused.mjs');
      writeFileSync(program, programWithAttributes(given));
      const exporter = spawn(process.execPath, [program], { cwd: project, stdio: ['ignore', 'pipe', 'inherit'] });
      let error = '';
      let harmless: readonly unknown[] | undefined;
      let prometheus: PrometheusServer | undefined;
      try {
        const [line] = await once(createInterface({ input: exporter.stdout }), 'line');
        const url = `${line}/metrics`;
        expect(await (await fetch(url)).text()).to.contain('harmless_total');
        prometheus = await PrometheusServer.start(url);
        await until(async () => {
          error = (await prometheus?.targets())?.get('flowplane') ?? '';
          return error !== '';
        });
        harmless = await prometheus.query('harmless_total');
      } finally {
        await prometheus?.stop();
        exporter.kill('SIGKILL');
      }
      expect(error).to.match(/not unique|parse|invalid|unexpected|expected/);
      expect(harmless).to.deep.equal([]);
    });
  }

  it('says rightly that a recorder refuses a label which Prometheus 2 does not take, and says which', () => {
    const tries = defineCounter({ name: 'tries_total', help: 'Tries', labels: { '2nd_try': {} } });
    expect(() => new PrometheusRecorder().open(tries)).to.throw('label name "2nd_try" is not legal');
  });

  /** Writes into the guide what differs. */
  function update(differences: ReadonlyMap<string, readonly string[]>): void {
    const path = join(root, guide.path);
    const written = readFileSync(path, 'utf8').replace(
      /^# (\S+\/differs\.txt)\n[\s\S]*?(?=^```$)/gm,
      (_all, file: string) => [`# ${file}`, ...(differences.get(file) ?? []), ''].join('\n'),
    );
    writeFileSync(path, written);
  }
});
