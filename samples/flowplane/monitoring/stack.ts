import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitoringFolder } from './paths.js';
import { Program } from './program.js';
import { readPorts, type StackProgram, stackPrograms } from './stack-programs.js';

// Starts the control plane, Prometheus and Grafana on this machine, without Docker: npm run stack

const ports = readPorts(process.env);
const folder = mkdtempSync(join(tmpdir(), 'flowplane-stack-'));
for (const name of ['prometheus.yml', 'rules']) {
  cpSync(join(monitoringFolder, name), join(folder, name), { recursive: true });
}
writeFileSync(join(folder, 'targets.yml'), `- targets: ['127.0.0.1:${ports.metrics}']\n`);

const stopSignal = new Promise<void>((resolve) => {
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => resolve());
});

async function start({ optional, urls, ...options }: StackProgram): Promise<Program | undefined> {
  try {
    const program = await Program.start(options);
    console.log(urls);
    return program;
  } catch (error) {
    if (!optional) throw error;
    console.log(`without ${options.name}: ${(error as Error).message}`);
    return undefined;
  }
}

async function main(): Promise<void> {
  const running: Program[] = [];
  try {
    for (const options of stackPrograms(ports, folder)) {
      const program = await start(options);
      if (program !== undefined) running.push(program);
    }
    console.log('\nCtrl-C stops it.');
    const exits = running.map(({ name, exited }) => exited.then((lastLine) => `${name} ended: ${lastLine}`));
    const exit = await Promise.race([stopSignal, ...exits]);
    if (exit !== undefined) throw new Error(exit);
  } finally {
    await Promise.all(running.map((program) => program.stop()));
    rmSync(folder, { recursive: true, force: true });
  }
}

main().catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
