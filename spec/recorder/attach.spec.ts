import { execFileSync } from 'node:child_process';
import { expect } from 'chai';
import {
  type Advice,
  attachRecorder,
  Counter,
  defineCounter,
  NoopRecorder,
  setDefaultRecorder,
} from '../../lib/index.js';
import { MemoryRecorder } from '../../lib/testing/index.js';

const service = () => {
  class Service {
    @Counter({ name: 'wired_total', help: 'Calls' })
    run(): string {
      return 'ran';
    }

    @Counter({ name: 'wired_static_total', help: 'Calls' })
    static run(): string {
      return 'ran';
    }
  }
  return Service;
};

describe('An instance', () => {
  afterEach(() => setDefaultRecorder(undefined));

  it('reports to its own recorder before the default one', () => {
    const [own, fallback] = [new MemoryRecorder(), new MemoryRecorder()];
    setDefaultRecorder(fallback);
    const Service = service();
    attachRecorder(new Service(), own).run();
    new Service().run();
    new Service().run();
    expect([own.value('wired_total'), fallback.value('wired_total')]).to.deep.equal([1, 2]);
  });

  it('reports to the recorder that it was given last', () => {
    const [first, second] = [new MemoryRecorder(), new MemoryRecorder()];
    const instance = attachRecorder(new (service())(), first);
    instance.run();
    attachRecorder(instance, second).run();
    expect([first.value('wired_total'), second.value('wired_total')]).to.deep.equal([1, 1]);
  });

  it('shows its families before any call', () => {
    const recorder = new MemoryRecorder();
    attachRecorder(new (service())(), recorder);
    expect(recorder.families()).to.deep.equal(['wired_total']);
  });

  it('runs without a recorder, and says so once per class to the recorders that exist', () => {
    const heard: Advice[] = [];
    const recorder = new MemoryRecorder({ onAdvice: (advice) => heard.push(advice) });
    const Service = service();
    expect([new Service().run(), new Service().run()]).to.deep.equal(['ran', 'ran']);
    expect(heard.map(({ code }) => code)).to.deep.equal(['unwired']);
    expect(heard[0]?.message).to.match(/^@Counter on Service\.run: .*attachRecorder\(instance, recorder\)/);
    expect(recorder.families()).to.deep.equal([]);
  });

  it('runs as if bare with the no-op recorder', () => {
    const recorder = new NoopRecorder({ strict: true });
    expect(attachRecorder(new (service())(), recorder).run()).to.equal('ran');
    recorder.counter(defineCounter({ name: 'noop_total', help: 'Nothing' })).inc();
  });
});

describe('A static method', () => {
  it('reports to the default recorder', () => {
    const recorder = new MemoryRecorder();
    setDefaultRecorder(recorder);
    service().run();
    setDefaultRecorder(undefined);
    expect(recorder.value('wired_static_total')).to.equal(1);
  });
});

describe('While no recorder exists in the process', () => {
  it('nothing is said', () => {
    const script = `
      import { Counter, instrumentFunction } from 'flowplane-metrics';
      process.on('warning', () => process.exit(1));
      const counted = instrumentFunction(() => 1, Counter({ name: 'x_total', help: 'X' }));
      counted();`;
    execFileSync(process.execPath, ['--input-type=module', '-e', script], { stdio: 'pipe' });
  });
});

describe('Two copies of the package', () => {
  it('agree on the default recorder, which remarks on the second copy once', () => {
    const script = `
      import { Counter, instrumentFunction } from 'flowplane-metrics';
      import fs from 'node:fs';
      import { pathToFileURL } from 'node:url';
      const folder = fs.mkdtempSync('node_modules/.copy-');
      process.on('exit', () => fs.rmSync(folder, { recursive: true }));
      const counted = instrumentFunction(() => 1, Counter({ name: 'x_total', help: 'X' }));
      fs.cpSync('dist/lib', folder, { recursive: true });
      const copy = await import(pathToFileURL(folder + '/index.js'));
      const remarks = [];
      const recorder = new copy.PrometheusRecorder({ onAdvice: ({ code }) => remarks.push(code) });
      copy.setDefaultRecorder(recorder);
      counted();
      const { body } = await copy.scrape(recorder, { method: 'GET' });
      const { text } = await import('node:stream/consumers');
      if (!(await text(body)).includes('x_total 1') || remarks.join() !== 'second_copy') process.exit(1);`;
    execFileSync(process.execPath, ['--input-type=module', '-e', script], { stdio: 'pipe' });
  });
});
