import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { parse } from 'yaml';
import { monitoringFolder } from './paths.js';

interface Service {
  readonly image: string;
  readonly command?: string | readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly volumes?: readonly string[];
  readonly ports?: readonly string[];
  readonly healthcheck?: { readonly test: readonly string[] };
}

describe('compose.yaml', () => {
  const read = (file: string) => parse(readFileSync(join(monitoringFolder, file), 'utf8'));
  const services = read('compose.yaml').services as Readonly<Record<string, Service>>;
  const all = Object.values(services);

  it('mounts files that exist', () => {
    const sources = all.flatMap(({ volumes = [] }) => volumes).map((volume) => volume.split(':')[0] ?? '');
    const missing = sources.filter((source) => source.startsWith('.') && !existsSync(join(monitoringFolder, source)));
    expect(missing).to.deep.equal([]);
  });

  it('publishes ports on this machine only, and the port of the exporter not at all', () => {
    const ports = all.flatMap(({ ports = [] }) => ports);
    expect(ports.filter((port) => !port.startsWith('127.0.0.1:'))).to.deep.equal([]);
    expect(ports.filter((port) => port.endsWith(':9090'))).to.deep.equal([]);
  });

  it('publishes Prometheus on port 9091 and Grafana on port 3000', () => {
    expect(services['prometheus']?.command).to.include('--web.listen-address=:9091');
    expect(services['prometheus']?.ports).to.deep.equal(['127.0.0.1:9091:9091']);
    expect(services['grafana']?.ports).to.deep.equal(['127.0.0.1:3000:3000']);
  });

  it('gives Prometheus the exporter on port 9090 as its target', () => {
    expect(read('targets.compose.yml')).to.deep.equal([{ targets: ['control-plane:9090'] }]);
    expect(services['prometheus']?.volumes).to.include('./targets.compose.yml:/etc/prometheus/targets.yml:ro');
  });

  it('pins the versions of its images', () => {
    expect(all.filter(({ image }) => !/:v?\d/.test(image))).to.deep.equal([]);
  });

  it('has a health check without a space in any argument, because podman splits arguments at spaces', () => {
    const words = all.flatMap(({ healthcheck }) => healthcheck?.test ?? []);
    expect(words).to.have.length.above(1);
    expect(words.filter((word) => /\s/.test(word))).to.deep.equal([]);
  });

  it('keeps data for 15 days and scrapes every 10 seconds', () => {
    expect(services['prometheus']?.command).to.include('--storage.tsdb.retention.time=15d');
    expect(read('prometheus.yml').global.scrape_interval).to.equal('10s');
  });

  it("sets every variable that Grafana's provisioning reads", () => {
    const files = ['datasources/prometheus.yml', 'dashboards/flowplane.yml'];
    const texts = files.map((file) => readFileSync(join(monitoringFolder, 'grafana/provisioning', file), 'utf8'));
    const wanted = texts.flatMap((text) => [...text.matchAll(/: \$(\w+)$/gm)].map(([, name]) => name));
    expect(wanted).to.have.length(2);
    expect(services['grafana']?.environment).to.include.all.keys(wanted as string[]);
  });
});
