import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { parse } from 'yaml';
import { needs } from '../../../spec/needs.js';
import { monitoring } from './files.js';

interface Service {
  readonly image: string;
  readonly command?: string | readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly volumes?: readonly string[];
  readonly ports?: readonly string[];
  readonly healthcheck?: { readonly test: readonly string[] };
}

describe('compose.yaml', () => {
  const read = (file: string) => parse(readFileSync(join(monitoring, file), 'utf8'));
  const services = read('compose.yaml').services as Readonly<Record<string, Service>>;
  const all = Object.values(services);

  it('is what Compose reads', function () {
    needs(this, 'docker-compose');
    const command = ['-f', join(monitoring, 'compose.yaml'), 'config', '--services'];
    const listed = execFileSync('docker-compose', command, { encoding: 'utf8', stdio: 'pipe' });
    expect(listed.trim().split('\n')).to.have.members(['control-plane', 'prometheus', 'grafana']);
  });

  it('mounts files that exist', () => {
    const sources = all.flatMap(({ volumes = [] }) => volumes).map((volume) => volume.split(':')[0] ?? '');
    const missing = sources.filter((source) => source.startsWith('.') && !existsSync(join(monitoring, source)));
    expect(missing).to.deep.equal([]);
  });

  it('publishes on this machine only, and not the exporter', () => {
    const ports = all.flatMap(({ ports = [] }) => ports);
    expect(ports.filter((port) => !port.startsWith('127.0.0.1:'))).to.deep.equal([]);
    expect(ports.filter((port) => port.endsWith(':9090'))).to.deep.equal([]);
  });

  it('pins its images', () => {
    expect(all.filter(({ image }) => !/:v?\d/.test(image))).to.deep.equal([]);
  });

  it('asks for health by words without a space, at which podman takes a command apart', () => {
    const words = all.flatMap(({ healthcheck }) => healthcheck?.test ?? []);
    expect(words).to.have.length.above(1);
    expect(words.filter((word) => /\s/.test(word))).to.deep.equal([]);
  });

  it('keeps data for 15 days, and scrapes every 10 seconds', () => {
    expect(services['prometheus']?.command).to.include('--storage.tsdb.retention.time=15d');
    expect(read('prometheus.yml').global.scrape_interval).to.equal('10s');
  });

  it('gives Grafana every variable that its provisioning wants', () => {
    const files = ['datasources/prometheus.yml', 'dashboards/flowplane.yml'];
    const texts = files.map((file) => readFileSync(join(monitoring, 'grafana/provisioning', file), 'utf8'));
    const wanted = texts.flatMap((text) => [...text.matchAll(/: \$(\w+)$/gm)].map(([, name]) => name));
    expect(wanted).to.have.length(2);
    expect(services['grafana']?.environment).to.include.all.keys(wanted as string[]);
  });
});
