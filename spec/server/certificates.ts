import { execFileSync } from 'node:child_process';
import { sign, X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A certificate with its key, as files. */
export interface Certificate {
  readonly certFile: string;
  readonly keyFile: string;
}

/** Certificate authorities and what they sign, made by openssl in a folder of their own. */
export class Certificates {
  readonly folder = mkdtempSync(join(tmpdir(), 'certificates-'));

  authority(name: string): Certificate {
    const files = this.#files(name);
    const ca = ['-addext', 'basicConstraints=critical,CA:TRUE'];
    openssl(['req', '-x509', ...newKey(files), '-out', files.certFile, '-days', '90', '-subj', `/CN=${name}`, ...ca]);
    return files;
  }

  /** @param names the Subject Alternative Names, as openssl writes them: `DNS:a,IP:127.0.0.1`. */
  signed(name: string, authority: Certificate, names = 'DNS:localhost,IP:127.0.0.1'): Certificate {
    const files = this.#files(name);
    const request = join(this.folder, `${name}.csr`);
    openssl(['req', ...newKey(files), '-out', request, '-subj', `/CN=${name}`, '-addext', `subjectAltName=${names}`]);
    const { certFile: ca, keyFile: caKey } = authority;
    const by = ['-CA', ca, '-CAkey', caKey, '-CAcreateserial', '-copy_extensions', 'copy'];
    openssl(['x509', '-req', '-in', request, ...by, '-out', files.certFile, '-days', '90']);
    return files;
  }

  /** Gives a certificate other dates, signed by itself again. */
  dated({ certFile, keyFile }: Certificate, from: Date, to: Date): void {
    const { cert, key } = texts({ certFile, keyFile });
    const [signed, algorithm] = partsOf(new X509Certificate(cert).raw) as [Buffer, Buffer];
    const changed = Buffer.from(signed);
    // The two dates follow each other, each with its tag (17) and its length (0d).
    const dates = changed.indexOf(Buffer.from('170d', 'hex'));
    changed.write(utcTime(from), dates + 2, 'latin1');
    changed.write(utcTime(to), dates + 17, 'latin1');
    const signature = Buffer.concat([Buffer.from([0]), sign('sha256', changed, key)]);
    const der = sequence([changed, algorithm, Buffer.concat([Buffer.from([3, signature.length]), signature])]);
    const lines = der.toString('base64').match(/.{1,64}/g) as string[];
    writeFileSync(certFile, ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n'));
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  #files(name: string): Certificate {
    return { certFile: join(this.folder, `${name}.crt`), keyFile: join(this.folder, `${name}.key`) };
  }
}

/** The texts of a certificate and its key, as `node:tls` takes them. */
export function texts({ certFile, keyFile }: Certificate): { cert: string; key: string } {
  return { cert: readFileSync(certFile, 'utf8'), key: readFileSync(keyFile, 'utf8') };
}

const utcTime = (date: Date): string =>
  date
    .toISOString()
    .replace(/[-:T]|\.\d+/g, '')
    .slice(2);

/** The parts of a DER sequence that is longer than 255 bytes, as a certificate is. */
function partsOf(sequenceOfParts: Buffer): Buffer[] {
  const parts: Buffer[] = [];
  for (let rest = sequenceOfParts.subarray(4); rest.length > 0; ) {
    const first = rest[1] as number;
    const length = first < 0x80 ? 2 + first : 2 + (first - 0x80) + rest.readUIntBE(2, first - 0x80);
    parts.push(rest.subarray(0, length));
    rest = rest.subarray(length);
  }
  return parts;
}

function sequence(parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  const head = Buffer.from([0x30, 0x82, 0, 0]);
  head.writeUInt16BE(body.length, 2);
  return Buffer.concat([head, body]);
}

const newKey = ({ keyFile }: Certificate): string[] => [
  ...['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', keyFile],
];

const openssl = (command: readonly string[]): Buffer => execFileSync('openssl', command, { stdio: 'pipe' });
