import { formatCount } from '../../error.js';
import type { Finding } from '../../rules/check-expressions.js';

/** What was looked at. */
export interface Checked {
  readonly files: number;
  readonly expressions: number;
}

/** Formats findings for a person: a line each, as compilers write it, and how many there are. */
export function formatFindings(findings: readonly Finding[], checked: Checked): string {
  return [...findings.map(formatFinding), formatSummary(findings, checked), ''].join('\n');
}

function formatFinding({ file, line, column, severity, kind, message, of, declaredAt }: Finding): string {
  const declared = declaredAt === undefined ? '' : ` (declared at ${declaredAt})`;
  return `${file}:${line}:${column}: ${severity} ${kind}: ${of}: ${message}${/[?]$/.test(message) ? '' : '.'}${declared}`;
}

function formatSummary(findings: readonly Finding[], { files, expressions }: Checked): string {
  const errors = findings.filter(({ severity }) => severity === 'error').length;
  const counts = [
    countOf(errors, 'error'),
    countOf(findings.length - errors, 'remark'),
    `in ${countOf(expressions, 'expression')} of ${countOf(files, 'file')}`,
  ];
  return `${counts[0]}, ${counts[1]} ${counts[2]}.`;
}

const countOf = (count: number, noun: string): string => `${formatCount(count)} ${noun}${count === 1 ? '' : 's'}`;

/** Formats findings as JSON. */
export function formatJson(findings: readonly Finding[], checked: Checked): string {
  const ok = findings.every(({ severity }) => severity !== 'error');
  return `${JSON.stringify({ ok, checked, findings }, undefined, 2)}\n`;
}
