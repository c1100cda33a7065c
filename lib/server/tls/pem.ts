import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { MetricsError } from '../../error.js';

/** A text in PEM, and what the user calls it. */
export interface Pem {
  readonly field: string;
  readonly text: string;
}

/** @throws MetricsError where this is no certificate. */
export function tryCertificate(pem: Pem): X509Certificate {
  return parsed('a certificate in PEM', pem, (text) => new X509Certificate(text));
}

/** @throws MetricsError where these are not a certificate and its key. */
export function tryPair(cert: Pem, key: Pem): void {
  const certificate = tryCertificate(cert);
  const privateKey: KeyObject = parsed('a private key in PEM, without a passphrase', key, createPrivateKey);
  if (certificate.checkPrivateKey(privateKey)) return;
  const message = `"${key.field}" is not the key of the certificate in "${cert.field}" (given a key that does not match). Pass the two that belong together.`;
  throw new MetricsError('MetricsServer', [{ code: 'illegal_option', message }]);
}

function parsed<T>(what: string, { field, text }: Pem, parse: (text: string) => T): T {
  try {
    return parse(text);
  } catch (cause) {
    // Why the text is not shown: it may be a key.
    const message = `"${field}" is not ${what} (given ${text.length} characters that are none). Pass the right file or text.`;
    throw new MetricsError('MetricsServer', [{ code: 'illegal_option', message }], { cause });
  }
}
