import type { FoundFault } from '../../check/check-expressions.js';
import { faultKinds } from '../../check/faults.js';
import { version } from '../../version.js';

/** Formats findings in SARIF 2.1.0, which code hosts show at the line. */
export function formatSarif(findings: readonly FoundFault[]): string {
  const rules = Object.entries(faultKinds).map(([id, { severity, summary }]) => ({
    id,
    shortDescription: { text: summary },
    defaultConfiguration: { level: levels[severity] },
  }));
  const results = findings.map(({ kind, severity, message, file, line, column }) => ({
    ruleId: kind,
    level: levels[severity],
    message: { text: message },
    locations: [
      {
        physicalLocation: {
          artifactLocation: { uri: encodeURI(file.replaceAll('\\', '/')) },
          region: { startLine: line, startColumn: column },
        },
      },
    ],
  }));
  const driver = { name: 'flowplane-metrics', version, rules };
  const log = {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [{ tool: { driver }, columnKind: 'utf16CodeUnits', results }],
  };
  return `${JSON.stringify(log, null, 2)}\n`;
}

const levels = { error: 'error', remark: 'note' } as const;
