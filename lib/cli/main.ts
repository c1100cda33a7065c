#!/usr/bin/env node
import { commands } from './commands.js';
import { run } from './run.js';

run(commands, process.argv.slice(2), {
  print: (line) => process.stdout.write(`${line}\n`),
  complain: (line) => process.stderr.write(`${line}\n`),
}).then((code) => {
  process.exitCode = code;
});
