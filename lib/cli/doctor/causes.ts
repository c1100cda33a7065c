import { type Finding, problem } from './step.js';

/** Where the way to a place is written down: what to correct when it is wrong. */
export interface Settings {
  readonly address: string;
  readonly credentials: string;
}

/** The settings of a place that the doctor itself asks. */
export const settingsOf = (option: 'metrics' | 'prometheus' | 'grafana'): Settings => ({
  address: `--${option}`,
  credentials: `--${option}-header 'Authorization: Bearer …'`,
});

/** The settings of a place that Prometheus asks. */
export const scrapeConfig: Settings = {
  address: 'targets in the scrape_config',
  credentials: 'authorization or basic_auth in the scrape_config',
};

/** What usually lies behind a failure, as Node's codes, HTTP statuses and Prometheus' own words tell it. */
const causes: readonly [pattern: RegExp, cause: string, fix: (settings: Settings) => string][] = [
  [
    /ECONNREFUSED|connection refused/,
    'nothing listens there: another port, a process that is not running, or one that listens on another interface only',
    ({ address }) => `Start it, or correct its address: ${address}. Across machines, mind FLOWPLANE_METRICS_HOST.`,
  ],
  [
    /ENOTFOUND|EAI_AGAIN|no such host/,
    'the host name is not known here',
    ({ address }) => `Look at the spelling, or use an IP address: ${address}.`,
  ],
  [
    /ETIMEDOUT|UND_ERR_CONNECT_TIMEOUT|deadline exceeded|timeout/,
    'no answer in time: a firewall in between, or a process that is too busy',
    () => 'Ask from the machine itself; then look at firewall rules and at the size of a scrape.',
  ],
  [/\b401\b|\b403\b/, 'credentials are missing or wrong', ({ credentials }) => `Give them: ${credentials}.`],
  [/bad port/, 'a port that browsers, and Node with them, never ask', ({ address }) => `Use another port: ${address}.`],
  [/\b404\b/, 'the path is another one', ({ address }) => `Correct the path: ${address}, metrics_path.`],
  [
    /\b5\d\d\b/,
    'the server itself is in trouble',
    () => "Read its log; for a metrics endpoint, the collectors' errors.",
  ],
  [
    /CERT|SELF_SIGNED|x509|certificate|ERR_TLS|ERR_SSL|EPROTO|first record does not look like|HPE_INVALID|UND_ERR_SOCKET|ECONNRESET|other side closed/,
    'TLS does not fit: an unknown certificate authority, another host name, or http against https',
    () =>
      "Use the right scheme; name the authority in NODE_EXTRA_CA_CERTS (here) and in the scrape_config's tls_config.",
  ],
  [
    /MiB/,
    'it is no exporter, or it exposes more than any Prometheus should scrape',
    () => 'Look at what is served there, and at the number of series.',
  ],
  [
    /sample.?limit/,
    'a scrape has more samples than the scrape_config allows',
    () => 'Find the family that grows (the step "cardinality"), or raise sample_limit.',
  ],
  [
    /expected|invalid|unexpected|parsing|unsupported|EOF/,
    'what is served there is not metrics, or not in a format that can be read',
    () => 'Look at metrics_path, and at the step "format".',
  ],
];

/** A problem, with the cause that its words suggest. */
export function explained(detail: string, words: string, settings: Settings): Finding {
  const [, cause, fix] = causes.find(([pattern]) => pattern.test(words)) ?? [
    undefined,
    'unknown',
    () => 'Read the log over there.',
  ];
  return problem(detail, cause, fix(settings));
}
