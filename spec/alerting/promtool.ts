import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RuleGroup } from '../../lib/alerting/rule-group.js';

/** What must be true of an alert at a time, such as `2h30m`. */
export interface AlertTest {
  readonly eval_time: string;
  readonly alertname: string;
  readonly exp_alerts: readonly { readonly exp_labels: Readonly<Record<string, string>> }[];
}

/** Series in promtool's notation, and what must be true of the alerts. */
export interface RuleTest {
  readonly interval: string;
  readonly input_series: readonly { readonly series: string; readonly values: string }[];
  readonly alert_rule_test: readonly AlertTest[];
}

/** Checks rules and runs their tests by promtool; gives what it has printed where something is wrong. */
export function runPromtool(groups: readonly RuleGroup[], tests: readonly RuleTest[], every = '20m'): string {
  const folder = mkdtempSync(join(tmpdir(), 'promtool-'));
  try {
    // Why JSON: it is YAML.
    const rules = groups.map((group) => ({ ...group, rules: group.rules.map(withoutAnnotations) }));
    writeFileSync(join(folder, 'rules.yml'), JSON.stringify({ groups: rules }));
    const file = { rule_files: ['rules.yml'], evaluation_interval: every, tests };
    writeFileSync(join(folder, 'test.yml'), JSON.stringify(file));
    const check = promtool(['check', 'rules', join(folder, 'rules.yml')]);
    return check || promtool(['test', 'rules', join(folder, 'test.yml')]);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

// Why: promtool compares the annotations of an alert too, and they have numbers that a test would only repeat.
const withoutAnnotations = (rule: object): object => ({ ...rule, ...('annotations' in rule && { annotations: {} }) });

function promtool(args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync('promtool', args, { encoding: 'utf8' });
  return status === 0 ? '' : `${stdout}${stderr}`;
}
