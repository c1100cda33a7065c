import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { compile } from '../documents/compiler.js';
import { needs } from '../needs.js';
import { type Manifest, manifests, shownText } from './manifests.js';

const run = promisify(execFile);

/** The schemas of Kubernetes' API and of the operator's resources: types that know every field, and validators of values. */
const packages = ['kubernetes-models@5.1.0', '@kubernetes-models/prometheus-operator@6.0.0'];

/** The module that has the schema of a manifest. */
const moduleOf = ({ apiVersion }: Manifest): string =>
  apiVersion.startsWith('monitoring.coreos.com/')
    ? `@kubernetes-models/prometheus-operator/${apiVersion}`
    : `kubernetes-models/${apiVersion}`;

describe('The manifests of the guide on Kubernetes', function () {
  this.timeout(240_000);
  let folder: string;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'manifests-'));
    writeFileSync(join(folder, 'package.json'), '{ "type": "module", "private": true }');
    const options = ['--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline'];
    await run('npm', ['install', ...options, ...packages, '@types/node@20'], { cwd: folder });
  });

  after(() => rmSync(folder, { recursive: true }));

  /** What the schemas say is wrong with these manifests: unknown fields by the types, wrong values by the validators. */
  async function faultsOf(given: ReadonlyMap<string, Manifest>): Promise<string[]> {
    const programs = [...given].map(([file, manifest]) => {
      const program = `${file}.ts`;
      writeFileSync(join(folder, program), programFor(manifest));
      return program;
    });
    const faults = compile(folder, programs);
    for (const program of programs) {
      const { stdout } = await run(process.execPath, [program.replace(/\.ts$/, '.js')], { cwd: folder });
      if (stdout !== '') faults.push(`${program}: ${stdout.trim()}`);
    }
    return faults;
  }

  const programFor = (manifest: Manifest): string => `
    import { type I${manifest.kind}, ${manifest.kind} } from '${moduleOf(manifest)}';
    const manifest: I${manifest.kind} = ${JSON.stringify(manifest)};
    try {
      new ${manifest.kind}(manifest).validate();
    } catch (error) {
      console.log(String(error));
    }`;

  it('agree with the schemas of Kubernetes and of the Prometheus Operator', async () => {
    expect([...manifests.values()].map(({ kind }) => kind)).to.have.members([
      ...['Secret', 'Deployment', 'PodMonitor', 'Pod', 'NetworkPolicy'],
    ]);
    expect(await faultsOf(manifests)).to.deep.equal([]);
  });

  /** One change to a text of the guide, each of which a schema must find. */
  const mistakes: readonly (readonly [file: string, right: string, wrong: string, fault: RegExp])[] = [
    ['deployment.yaml', 'readinessProbe', 'readynessProbe', /readynessProbe/],
    ['deployment.yaml', 'periodSeconds: 5', 'periodSeconds: often', /periodSeconds|number/],
    ['podmonitor.yaml', 'interval: 15s', 'interval: 15', /interval|string/],
    ['podmonitor.yaml', 'interval: 15s', 'interval: often', /interval/],
    ['podmonitor.yaml', 'podMetricsEndpoints', 'endpoints', /endpoints/],
    ['networkpolicy.yaml', 'namespaceSelector', 'namespacesSelector', /namespacesSelector/],
  ];
  it('would not agree with the schemas with a field misspelt or a value of a wrong kind', async () => {
    const { parse } = await import('yaml');
    for (const [file, right, wrong, fault] of mistakes) {
      const text = shownText(file).replace(right, wrong);
      const faults = await faultsOf(new Map([[file, parse(text) as Manifest]]));
      expect(faults.join('\n'), `${file}: ${wrong}`).to.match(fault);
    }
  });

  it('have a configuration for annotations that promtool takes', function () {
    needs(this, 'promtool');
    const file = join(folder, 'prometheus.yml');
    writeFileSync(join(folder, 'token'), 'x');
    // Why another path: promtool looks whether the file of the token is there.
    writeFileSync(file, shownText('prometheus.yml').replace('/etc/prometheus/payments-token', join(folder, 'token')));
    const { status, stdout, stderr } = spawnSync('promtool', ['check', 'config', file], { encoding: 'utf8' });
    expect({ status, stderr }, stdout).to.deep.equal({ status: 0, stderr: '' });
  });
});
