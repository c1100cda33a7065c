import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Advice } from '../../lib/recorder/reports.js';
import { needs } from '../needs.js';
import { until } from '../until.js';
import { type Certificate, Certificates, texts } from './certificates.js';
import { Served } from './served.js';

const day = 24 * 3600 * 1000;
const inDays = (days: number): Date => new Date(Date.now() + days * day);

describe('The dates of certificates', () => {
  const served = new Served();
  let made: Certificates;
  let advice: Advice[];
  const onAdvice = (one: Advice): void => void advice.push(one);

  before(function () {
    needs(this, 'openssl');
    made = new Certificates();
  });

  after(() => made?.remove());
  afterEach(() => served.close());
  beforeEach(() => {
    advice = [];
  });

  /** A certificate that is valid between these days from now. */
  function valid(name: string, from: number, to: number): Certificate {
    const certificate = made.authority(name);
    made.dated(certificate, inDays(from), inDays(to));
    return certificate;
  }

  const said = (): string[] => advice.filter(({ code }) => code === 'certificate').map(({ message }) => message);

  const cases: Readonly<Record<string, readonly [from: number, to: number, said: RegExp | undefined]>> = {
    'has expired': [
      -2,
      -1,
      /"tls\.certFile" has expired on \d{4}-\d\d-\d\d, so that clients refuse it \(given CN=.+, serial number [\dA-F]+\)/,
    ],
    'is not valid yet': [1, 90, /"tls\.certFile" is not valid before \d{4}-\d\d-\d\dT[\d:.]+Z/],
    'expires within 30 days': [-1, 29, /"tls\.certFile" expires on \d{4}-\d\d-\d\d \(/],
    'is valid for more than 30 days': [-1, 31, undefined],
  };
  for (const [what, [from, to, expected]] of Object.entries(cases)) {
    it(`a certificate that ${what} is ${expected ? 'told at the start, once, with its field and its name' : 'not told'}`, async () => {
      const { server } = await served.listen({ tls: valid(what.replaceAll(' ', '-'), from, to), onAdvice });
      await server.reload();
      expect(said()).to.have.length(expected === undefined ? 0 : 1);
      if (expected !== undefined) expect(said()[0]).to.match(expected);
    });
  }

  it('a certificate that expires soon is told when a changed file brings it, and not again when the file changes elsewhere', async () => {
    const good = valid('good', -1, 90);
    const ending = valid('ending', -1, 10);
    const file = join(made.folder, 'web-config.yml');
    const write = ({ certFile, keyFile }: Certificate, more = ''): void =>
      writeFileSync(file, `tls_server_config:\n  cert_file: ${certFile}\n  key_file: ${keyFile}\n${more}`);
    write(good);
    const { server } = await served.listen({ webConfigFile: file, onAdvice });
    expect(said()).to.deep.equal([]);
    write(ending);
    await until(() => said().length > 0);
    write(ending, '  min_version: TLS13\n');
    await server.reload();
    expect(said()).to.have.length(1);
    expect(said()[0]).to.match(/"tls_server_config\.cert_file" expires on .* \(given CN=ending, /);
    rmSync(file);
  });

  it('the certificate of an authority, and one behind the first in its file, are told too', async () => {
    const { certFile, keyFile } = valid('chained', -1, 90);
    const chain = `${texts({ certFile, keyFile }).cert}${texts(valid('between', -5, -1)).cert}`;
    const tls = {
      cert: chain,
      keyFile,
      clientAuthType: 'RequireAndVerifyClientCert',
      clientCaFile: valid('clients', -9, 5).certFile,
    } as const;
    await served.listen({ tls, onAdvice });
    expect(said()).to.have.length(2);
    expect(said()[0]).to.match(/"tls\.cert" has expired .* \(given CN=between, /);
    expect(said()[1]).to.match(/"tls\.clientCaFile" expires on .* \(given CN=clients, /);
  });
});
