import { X509Certificate } from 'node:crypto';
import type { Advice } from '../../recorder/reports.js';

/** A certificate in use, and the field that it comes from. */
export interface UsedCertificate {
  readonly field: string;
  readonly certificate: X509Certificate;
}

/** Most authorities renew a certificate 30 days before its end. */
const warningDays = 30;

const day = 24 * 3600 * 1000;

/** All certificates of a text in PEM: a certificate, and those between it and the root. */
export function readCertificates(field: string, text: string): UsedCertificate[] {
  const blocks = text.match(/-----BEGIN (TRUSTED |X509 )?CERTIFICATE-----[^-]+-----END \1CERTIFICATE-----/g) ?? [];
  return blocks.flatMap((block) => {
    try {
      return [{ field, certificate: new X509Certificate(block) }];
    } catch {
      // Why: the first one is verified elsewhere, and node:tls itself passes over what follows it.
      return [];
    }
  });
}

/** The advice about certificates that are not valid now, or will not be soon. */
export function certificateAdvice(certificates: readonly UsedCertificate[], now = Date.now()): Advice[] {
  return certificates.flatMap(({ field, certificate }) => {
    const problem = findDateProblem(certificate, now);
    if (problem === undefined) return [];
    const name = certificate.subject?.replaceAll('\n', ', ') || 'without a name';
    const message = `MetricsServer: the certificate in "${field}" ${problem} (given ${name}, serial number ${certificate.serialNumber}).`;
    return [{ code: 'certificate', message: `${message} Replace it; a changed file is read again by itself.` }];
  });
}

/**
 * The advice where the server requests certificates of clients, and the runtime does not tell them.
 *
 * Why said at the start: every client is refused then, and nothing else says why. Source: Bun 1.4, whose server hands over
 * a plain socket.
 */
export function clientCertificateAdvice(isRequested: boolean, bun = process.versions['bun']): Advice[] {
  if (!isRequested || bun === undefined) return [];
  const message = `MetricsServer: the certificates of clients cannot be checked, so that every client is refused (given Bun ${bun}, which does not tell them to a server). Use bearerTokens or basicAuthUsers instead, or serve the metrics by Node or Deno.`;
  return [{ code: 'certificate', message }];
}

function findDateProblem({ validFrom, validTo }: X509Certificate, now: number): string | undefined {
  const [start, end] = [Date.parse(validFrom), Date.parse(validTo)];
  if (end < now) return `has expired on ${dateOf(end)}, so that clients refuse it`;
  if (start > now) return `is not valid before ${new Date(start).toISOString()}, so that clients refuse it`;
  return end - now < warningDays * day ? `expires on ${dateOf(end)}` : undefined;
}

const dateOf = (time: number): string => new Date(time).toISOString().slice(0, 10);
