import { stringify } from 'yaml';
import { type Alert, alerts } from './alerts.js';
import { recordingRules } from './recording-rules.js';

interface Group {
  readonly name: string;
  readonly rules: readonly object[];
}

const recordingGroups: readonly Group[] = Object.entries(recordingRules).map(([name, rules]) => ({
  name,
  rules: Object.entries(rules).map(([record, query]) => ({ record, expr: String(query) })),
}));

const toRule = ([alert, { when, for: duration, severity, summary, action }]: [string, Alert]): object => ({
  alert,
  expr: String(when),
  ...(duration !== undefined && { for: duration }),
  labels: { severity },
  annotations: { summary, action },
});

const alertingGroups: readonly Group[] = [{ name: 'flowplane', rules: Object.entries(alerts).map(toRule) }];

const format = (groups: readonly Group[], source: string): string =>
  `# Written from ${source}: npm run rules --workspace samples/flowplane\n${stringify({ groups }, { lineWidth: 0 })}`;

/** The files that Prometheus loads, by their names in rules/. */
export const ruleFiles: Readonly<Record<string, string>> = {
  'recording.yml': format(recordingGroups, 'recording-rules.ts'),
  'alerting.yml': format(alertingGroups, 'alerts.ts'),
};
