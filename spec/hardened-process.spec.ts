import { execFileSync } from 'node:child_process';
import { expect } from 'chai';

const script = `
  import { Counter, instrumentFunction } from 'flowplane-metrics';
  import { serveMetrics } from 'flowplane-metrics/serve';
  const { recorder, url, close } = await serveMetrics({ port: 0, onAdvice: () => undefined });
  const greet = instrumentFunction(async () => 'hello', Counter({ name: 'greetings_total', help: 'Greetings' }));
  await greet();
  const text = await (await fetch(url, { headers: { 'Accept-Encoding': 'gzip' } })).text();
  console.log(text.match(/^greetings_total .*/m)[0]);
  await close();`;

describe('A process that Node hardens', () => {
  it('measures and serves where no intrinsic can change, __proto__ throws and no text becomes code', () => {
    const flags = ['--frozen-intrinsics', '--disable-proto=throw', '--disallow-code-generation-from-strings'];
    const output = execFileSync(process.execPath, [...flags, '--no-warnings', '--input-type=module', '-e', script]);
    expect(output.toString()).to.equal('greetings_total 1\n');
  });
});
