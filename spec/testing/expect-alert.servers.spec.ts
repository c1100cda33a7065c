import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { attachRecorder, defineCounter, PrometheusRecorder } from 'flowplane-metrics';
import { expectAlert, type RecordedSeries, recordSeries } from 'flowplane-metrics/testing';
import { documentAt } from '../documents/documents.js';
import { needs } from '../needs.js';
import { createRecorder, Orders, orderOften, rules as text } from './alerts.js';

describe('An expectation of an alert, with promtool', () => {
  let folder: string;
  let rules: string;
  let failing: RecordedSeries;
  let healthy: RecordedSeries;

  /** Ten minutes of orders; from the third minute on, every order in two fails, or none. */
  async function record(fails: boolean): Promise<RecordedSeries> {
    const recorder = createRecorder();
    const orders = attachRecorder(new Orders(), recorder);
    const series = await recordSeries(recorder, '30s');
    for (let i = 0; i < 20; i++) {
      orderOften(orders, 10, fails && i >= 4);
      await series.pass('30s');
    }
    return series;
  }

  before(async function () {
    needs(this, 'promtool');
    folder = mkdtempSync(join(tmpdir(), 'alerts-'));
    rules = join(folder, 'rules.yml');
    writeFileSync(rules, text);
    [failing, healthy] = await Promise.all([record(true), record(false)]);
  });

  after(() => folder && rmSync(folder, { recursive: true }));

  const thrown = (promise: Promise<unknown>): Promise<unknown> =>
    promise.then(
      () => undefined,
      (error: unknown) => error,
    );

  it('holds where the alert fires after that time, and not before', async () => {
    await expectAlert('HighErrors', { rules, series: failing }).toFireAfter('330s');
    await expectAlert('HighErrors', { rules, series: failing }).toFire();
    await expectAlert('HighErrors', { rules, series: failing, evaluateEvery: '1m' }).toFireAfter('6m');
  });

  it('holds for the alert of the guide at the time that the guide says', async () => {
    const guide = documentAt('docs/guides/testing.md');
    const [printed] = guide.fences.filter(({ language }) => language === 'yaml');
    const path = join(folder, 'guide.yml');
    writeFileSync(path, printed?.text ?? '');
    const recorder = new PrometheusRecorder({ processMetrics: false });
    const attempts = recorder.counter(
      defineCounter({ name: 'auth_cross_team_access_attempts_total', help: 'Attempts', labels: { to_team: {} } }),
    );
    const series = await recordSeries(recorder, '15s');
    await series.pass('1m');
    attempts.inc({ to_team: 'payments' }, 3);
    await series.pass('1m');
    expect(guide.lines.join()).to.contain(".toFireAfter('2m')");
    await expectAlert('CrossTeamAttempts', { rules: path, series }).toFireAfter('2m');
  });

  it('holds where the alert stays quiet', async () => {
    await expectAlert('HighErrors', { rules, series: healthy }).toStayQuiet();
  });

  it('knows that the process starts with the recording', async () => {
    const error = await thrown(expectAlert('Restarted', { rules, series: healthy }).toStayQuiet());
    expect(error).to.have.property('message', 'the alert "Restarted" should stay quiet, but it fires after 0 s');
  });

  it('finds alerts whatever their names have in them', async () => {
    for (const name of ['Restarted just now', 'Restarted, or not', 'Restarted ever']) {
      await expectAlert(name, { rules, series: healthy }).toFire();
    }
  });

  it('fails with when the alert fires instead', async () => {
    const cases: readonly (readonly [run: () => Promise<void>, message: string])[] = [
      [
        () => expectAlert('HighErrors', { rules, series: failing }).toFireAfter('4m'),
        'should fire 4m after the first sample, but it fires after 330 s',
      ],
      [() => expectAlert('HighErrors', { rules, series: healthy }).toFireAfter('4m'), 'but it never fires'],
      [() => expectAlert('HighErrors', { rules, series: healthy }).toFire(), 'should fire, but it never fires'],
      [
        () => expectAlert('HighErrors', { rules, series: failing }).toStayQuiet(),
        'should stay quiet, but it fires after 330 s',
      ],
    ];
    for (const [run, message] of cases) {
      const error = await thrown(run());
      expect(error).to.have.property('name', 'AssertionError');
      expect(error).to.have.property('message').that.contains(message);
    }
  });

  it('reads recording rules from further files', async () => {
    const [recording = '', alerting = ''] = [
      text.replace(/ +- alert[\s\S]*/, ''),
      text.replace(/ +- record.*\n.*\n/, ''),
    ];
    writeFileSync(join(folder, 'recording.yml'), recording);
    writeFileSync(join(folder, 'alerting.yml'), alerting.replace('name: shop', 'name: alerts'));
    const files = { rules: join(folder, 'alerting.yml'), otherRules: [join(folder, 'recording.yml')] };
    await expectAlert('HighErrors', { ...files, series: failing }).toFire();
  });

  it('says what to do about rules that cannot be evaluated', async () => {
    const broken = join(folder, 'broken.yml');
    writeFileSync(broken, text.replace('> 0.25', '>'));
    const cases: readonly (readonly [run: () => Promise<void>, code: string, text: RegExp])[] = [
      [
        () => expectAlert('HighErors', { rules, series: failing }).toFire(),
        'unreadable_file',
        /it has: HighErrors, Restarted, Restarted just now, Restarted, or not, Restarted ever\)\. Did you mean "HighErrors"\?/,
      ],
      [
        () => expectAlert('HighErrors', { rules: broken, series: failing }).toFire(),
        'unreadable_file',
        /promtool refuses the rules/,
      ],
      [
        () => expectAlert('HighErrors', { rules: 'nowhere.yml', series: failing }).toFire(),
        'unreadable_file',
        /nowhere\.yml cannot be read \(given ENOENT\)/,
      ],
      [
        () => expectAlert('HighErrors', { rules, series: failing }).toFireAfter('1h'),
        'illegal_option',
        /the recording ends before that time \(given 1h, and 600 s of samples\)/,
      ],
      [
        () => expectAlert('HighErrors', { rules, series: failing }).toFireAfter('45s'),
        'illegal_option',
        /no evaluation is at that time/,
      ],
    ];
    for (const [run, code, message] of cases) {
      const error = await thrown(run());
      expect(error).to.include({ name: 'MetricsError', code });
      expect(error).to.have.property('message').that.matches(message);
    }
  });

  it('says how to install promtool where there is none', async () => {
    const path = process.env['PATH'];
    process.env['PATH'] = folder;
    try {
      const error = await thrown(expectAlert('HighErrors', { rules, series: failing }).toFire());
      expect(error).to.include({ name: 'MetricsError', code: 'missing_peer' });
      expect(error)
        .to.have.property('message')
        .that.matches(/promtool is needed .* apt-get install prometheus/);
    } finally {
      process.env['PATH'] = path;
    }
  });
});
