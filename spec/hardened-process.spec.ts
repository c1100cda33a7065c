import { execFileSync } from 'node:child_process';
import { expect } from 'chai';

const script = (thread: boolean): string => `
  import { Counter, instrumentFunction } from 'flowplane-metrics';
  import { serveMetrics } from 'flowplane-metrics/serve';
  const { recorder, url, close } = await serveMetrics({ port: 0, thread: ${thread}, onAdvice: () => undefined });
  const greet = instrumentFunction(async () => 'hello', Counter({ name: 'greetings_total', help: 'Greetings' }));
  await greet();
  const text = await (await fetch(url, { headers: { 'Accept-Encoding': 'gzip' } })).text();
  console.log(text.match(/^greetings_total .*/m)[0], text.includes('flowplane_metrics_thread_restarts_total 0'));
  await close();`;

describe('A process that Node hardens', () => {
  for (const [where, thread] of Object.entries({ 'in the process': false, 'in a thread': true })) {
    it(`measures and serves ${where} where no intrinsic can change, __proto__ throws and no text becomes code`, () => {
      const flags = ['--frozen-intrinsics', '--disable-proto=throw', '--disallow-code-generation-from-strings'];
      const given = [...flags, '--no-warnings', '--input-type=module', '-e', script(thread)];
      expect(execFileSync(process.execPath, given).toString()).to.equal(`greetings_total 1 ${thread}\n`);
    });
  }
});
