import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { MetricsServer } from '../../lib/adapters/koa/index.js';
import { PrometheusRecorder } from '../../lib/index.js';
import { specOf } from './manifests.js';

const pod = specOf('deployment.yaml').template.spec;
const [container] = pod.containers;

describe('The guide on Kubernetes', () => {
  let folder: string;
  let server: MetricsServer;
  let origin: string;

  /** Puts a secret into a folder as the kubelet does: files are links through `..data`, which one rename replaces. */
  function mount(version: string, token: string): void {
    mkdirSync(join(folder, version));
    writeFileSync(join(folder, version, 'token'), `${token}\n`);
    symlinkSync(version, join(folder, '..data_tmp'));
    renameSync(join(folder, '..data_tmp'), join(folder, '..data'));
  }

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'secret-'));
    mount('..2026_11_28_1', 'first-token-of-the-secret');
    symlinkSync('..data/token', join(folder, 'token'));
    const options = { port: 0, bearerTokensFile: join(folder, 'token'), drain: true };
    server = new MetricsServer(new PrometheusRecorder(), options);
    origin = new URL((await server.listen()).url).origin;
  });

  afterEach(async () => {
    await server.close();
    rmSync(folder, { recursive: true });
  });

  const statusOf = async (path: string, token?: string): Promise<number> => {
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
    return (await fetch(origin + path, { headers: { connection: 'close', ...headers } })).status;
  };

  it('probes paths that are open without the token, which the path of the PodMonitor is not', async () => {
    const { path } = specOf('podmonitor.yaml').podMetricsEndpoints[0];
    expect(await statusOf(container.readinessProbe.httpGet.path)).to.equal(200);
    expect(await statusOf(container.livenessProbe.httpGet.path)).to.equal(200);
    expect(await statusOf(path)).to.equal(401);
    expect(await statusOf(path, 'first-token-of-the-secret')).to.equal(200);
  });

  it('says rightly that a token is rotated without a restart when the kubelet replaces the mounted secret', async () => {
    expect(await statusOf('/metrics', 'first-token-of-the-secret')).to.equal(200);
    mount('..2026_11_28_2', 'second-token-of-the-secret');
    let status = await statusOf('/metrics', 'second-token-of-the-secret');
    while (status !== 200) status = await statusOf('/metrics', 'second-token-of-the-secret');
    expect(await statusOf('/metrics', 'first-token-of-the-secret')).to.equal(401);
  });

  it('makes a draining pod not ready while it is still healthy, until it is scraped', async () => {
    const drained = server.drain();
    expect(await statusOf(container.readinessProbe.httpGet.path)).to.equal(503);
    expect(await statusOf(container.livenessProbe.httpGet.path)).to.equal(200);
    expect(await statusOf('/metrics', 'first-token-of-the-secret')).to.equal(200);
    await drained;
  });

  it('gives a pod longer to end than a drain and a close take, and is scraped more often than a drain takes', () => {
    const [drainSeconds, closeSeconds] = [25, 4];
    expect(pod.terminationGracePeriodSeconds).to.be.above(drainSeconds + closeSeconds);
    const { interval, scrapeTimeout } = specOf('podmonitor.yaml').podMetricsEndpoints[0];
    expect(Number.parseInt(interval, 10) + Number.parseInt(scrapeTimeout, 10)).to.be.at.most(drainSeconds);
  });

  it('has the same names of ports, labels, secret and key in all its manifests', () => {
    const ports = container.ports.map(({ name }: { readonly name: string }) => name);
    const monitor = specOf('podmonitor.yaml');
    const policy = specOf('networkpolicy.yaml');
    const labels = specOf('deployment.yaml').template.metadata.labels;
    const { credentials } = monitor.podMetricsEndpoints[0].authorization;
    const environment = new Map(
      container.env.map(({ name, value }: { readonly name: string; readonly value: string }) => [name, value]),
    );
    const [{ mountPath }] = container.volumeMounts;
    expect(ports).to.include(monitor.podMetricsEndpoints[0].port);
    expect(ports).to.have.members(
      policy.ingress.flatMap(({ ports: [one] }: { ports: { port: string }[] }) => one?.port),
    );
    expect(monitor.selector.matchLabels).to.deep.equal(labels);
    expect(policy.podSelector.matchLabels).to.deep.equal(labels);
    expect(pod.volumes[0].secret.secretName).to.equal(credentials.name);
    expect(environment.get('METRICS_TOKENS_FILE')).to.equal(`${mountPath}/${credentials.key}`);
    expect(environment.get('FLOWPLANE_METRICS_PORT')).to.equal(String(container.ports[1].containerPort));
  });
});
