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

/** What the spec on annotations reads of a pod. */
interface Annotated extends Manifest {
  readonly metadata: { readonly name: string; readonly annotations: Readonly<Record<string, string>> };
}

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

  it('have a configuration for annotations by which promtool finds the annotated pod, and no other', function () {
    needs(this, 'promtool');
    const { annotations, name } = (manifests.get('annotations.yaml') as Annotated).metadata;
    const meta = Object.entries(annotations).map(([key, value]) => [
      `__meta_kubernetes_pod_annotation_${key.replace(/\W/g, '_')}`,
      value,
    ]);
    const found = { __meta_kubernetes_pod_ip: '10.0.0.7', __meta_kubernetes_pod_name: name };
    const targets = [
      {
        targets: ['10.0.0.7:8080'],
        labels: { ...found, ...Object.fromEntries(meta), __meta_kubernetes_namespace: 'shop' },
      },
      { targets: ['10.0.0.8:8080'], labels: { ...found, __meta_kubernetes_pod_ip: '10.0.0.8' } },
    ];
    // Why not asked of Kubernetes: Debian builds Prometheus without it. These are the labels that it would give.
    const config = shownText('prometheus.yml')
      .replace(/kubernetes_sd_configs:\n +- role: pod/, `static_configs: ${JSON.stringify(targets)}`)
      .replace('/etc/prometheus/payments-token', join(folder, 'token'));
    writeFileSync(join(folder, 'token'), 'x');
    writeFileSync(join(folder, 'prometheus.yml'), config);
    const given = ['check', 'service-discovery', '--timeout=5s', join(folder, 'prometheus.yml'), 'pods'];
    const { stdout, stderr } = spawnSync('promtool', given, { encoding: 'utf8' });
    const labels = (JSON.parse(stdout || '[]') as { labels?: Record<string, string> }[]).flatMap((target) =>
      Object.keys(target.labels ?? {}).length === 0 ? [] : [target.labels],
    );
    expect(labels, stderr).to.have.length(1);
    expect(labels[0]).to.include({ __address__: '10.0.0.7:9090', namespace: 'shop', pod: name });
    expect(labels[0]).to.include({ __metrics_path__: '/metrics' });
  });
});
