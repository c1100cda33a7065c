import { existsSync } from 'node:fs';

// Source: Go, crypto/x509/root_linux.go and root_bsd.go: where systems keep the authorities that they trust.
const places = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/pki/tls/cacert.pem',
  '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem',
  '/etc/ssl/cert.pem',
  '/usr/local/etc/ssl/cert.pem',
];

/** The file with the authorities that this system trusts, which `SSL_CERT_FILE` may name; `undefined` where none is known. */
export function systemAuthoritiesFile(): string | undefined {
  return process.env['SSL_CERT_FILE'] || places.find((place) => existsSync(place));
}
