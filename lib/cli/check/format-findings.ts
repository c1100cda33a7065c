import type { FoundFault } from '../../check/check-expressions.js';
import { formatCountOf } from '../../error.js';

/** What was looked at. */
export interface Checked {
  readonly files: number;
  readonly expressions: number;
}

/** Formats findings for a person: a line each, as compilers write it, and how many there are. */
export function formatFindings(findings: readonly FoundFault[], checked: Checked): string {
  return [...findings.map(formatFinding), formatSummary(findings, checked), ''].join('\n');
}

function formatFinding({ file, line, column, severity, kind, message, of, declaredAt }: FoundFault): string {
  const declared = declaredAt === undefined ? '' : ` (declared at ${declaredAt})`;
  const text = `${file}:${line}:${column}: ${severity} ${kind}: ${of}: ${message}${/[?]$/.test(message) ? '' : '.'}${declared}`;
  return text.replace(/\p{Cc}/gu, escapeControl);
}

/** Why: a text of a file that is checked must not begin a line of its own, or steer the terminal. */
const escapeControl = (character: string): string =>
  `\\u${(character.codePointAt(0) as number).toString(16).padStart(4, '0')}`;

function formatSummary(findings: readonly FoundFault[], { files, expressions }: Checked): string {
  const errors = findings.filter(({ severity }) => severity === 'error').length;
  const counts = [
    formatCountOf(errors, 'error'),
    formatCountOf(findings.length - errors, 'remark'),
    `in ${formatCountOf(expressions, 'expression')} of ${formatCountOf(files, 'file')}`,
  ];
  return `${counts[0]}, ${counts[1]} ${counts[2]}.`;
}

/** Formats findings as JSON. */
export function formatJson(findings: readonly FoundFault[], checked: Checked): string {
  const ok = findings.every(({ severity }) => severity !== 'error');
  return `${JSON.stringify({ ok, checked, findings }, undefined, 2)}\n`;
}
