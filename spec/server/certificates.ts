import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
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

const newKey = ({ keyFile }: Certificate): string[] => [
  ...['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', keyFile],
];

const openssl = (command: readonly string[]): Buffer => execFileSync('openssl', command, { stdio: 'pipe' });
