import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { alerts } from './alerts.js';
import { monitoringFolder, sampleFolder } from './paths.js';
import { recordingRules } from './recording-rules.js';
import { ruleFiles } from './rule-files.js';

const read = (file: string): string => readFileSync(join(monitoringFolder, 'rules', file), 'utf8');

const { check, rules } = JSON.parse(readFileSync(join(sampleFolder, 'package.json'), 'utf8')).scripts;

describe('The rules of the sample', () => {
  const run = (script: string) => {
    const { status, stdout, stderr } = spawnSync(script, { cwd: sampleFolder, encoding: 'utf8', shell: true });
    expect({ status, stderr }).to.deep.equal({ status: 0, stderr: '' });
    return stdout;
  };

  it('name only what the code declares, as the dashboard does: npm run check', () => {
    expect(run(check)).to.match(/^0 errors, 0 remarks in \d+ expressions of 5 files\.\n$/);
  });

  for (const [file, text] of Object.entries(ruleFiles)) {
    it(`come from queries of the declared families: ${file}`, () => {
      expect(read(file)).to.equal(text);
    });
  }

  it('on the library and on objectives are those that the command writes', () => {
    const command = String(rules)
      .replace(/^.* && /, '')
      .replace(/ --out \S+$/, '');
    expect(run(command)).to.equal(read('flowplane-metrics.yml'));
  });

  it('each have a test', () => {
    const alertTests = readFileSync(join(sampleFolder, 'proof/alerts.servers.spec.ts'), 'utf8');
    expect(Object.keys(alerts).filter((name) => !alertTests.includes(`'${name}'`))).to.deep.equal([]);
    const recorded = Object.values(recordingRules).flatMap((group) => Object.keys(group));
    expect(recorded.filter((name) => !read('recording.test.yml').includes(name))).to.deep.equal([]);
  });
});
