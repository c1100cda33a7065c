import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { expect } from 'chai';
import { shippedProgram } from '../golden/entries.js';
import { type Run, runAll } from '../golden/program.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));

const module = `
import { Counter, defineGauge, instrumentFunction } from ${JSON.stringify(pathToFileURL(join(root, 'dist/node/index.mjs')).href)};
export const depth = defineGauge({ name: 'depth', help: 'Depth', labels: { queue: { limit: 10 } } });
const hidden = instrumentFunction(JSON.parse, Counter({ name: 'parses_total', help: 'Parses' }));
export const keepsRunning = setInterval(() => hidden, 1000);
`;

const header =
  '| metric | kind | labels | series at most | fed by | what it is |\n| --- | --- | --- | --- | --- | --- |\n';
const rows = [
  '| `depth` | gauge | `queue`: at most 10 | 12 |  | Depth |',
  '| `parses_total` | counter |  | 1 | `@Counter on function.parse` | Parses |',
];

describe('flowplane-metrics catalogue', () => {
  let folder: string;
  let services: string;
  /** A file that contains what \`services.mjs\` declares. */
  let upToDate: string;

  /** Runs the shipped program, which loads fastest, in a process of its own, in the folder of the modules. */
  const run = (...args: string[]) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [shippedProgram, ...args], {
      encoding: 'utf8',
      cwd: folder,
    });
    return { status, stdout, stderr };
  };

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'catalogue-'));
    services = join(folder, 'services.mjs');
    writeFileSync(services, module);
    upToDate = join(folder, 'up-to-date.md');
    writeFileSync(upToDate, `${header}${rows.join('\n')}\n`);
  });

  after(() => rmSync(folder, { recursive: true, force: true }));

  it('prints the annotated and exported families of a module, even when the module keeps running', () => {
    const { status, stdout, stderr } = run('catalogue', 'services.mjs');
    expect({ status, stderr }).to.deep.equal({ status: 0, stderr: '' });
    expect(stdout).to.equal(`${header}${rows.join('\n')}\n`);
  });

  it('fails with --check when a file differs, and prints the missing lines', async () => {
    const table = readFileSync(upToDate, 'utf8');
    const files = [
      ['crlf.md', `# Metrics\r\n\r\n${table.replaceAll('\n', '\r\n')}\r\nMore.\r\n`],
      ['differing.md', table.replace('at most 10', 'at most 11')],
      ['longer.md', `${table}| \`gone\` | gauge |  | 1 |  | Gone |\n`],
    ].map(([name = '', text = '']) => {
      writeFileSync(join(folder, name), text);
      return join(folder, name);
    });
    const runs = await runAll(files.map((file) => ['catalogue', services, '--check', file]));
    expect(runs.map(({ code, out }) => `${code}${out}`)).to.deep.equal(['0', '1', '1']);
    expect(runs[0]?.err).to.equal('');
    expect(runs[1]?.err).to.contain(`${files[1]}: the catalogue is not up to date (it lacks:\n| \`depth\``);
    expect(runs[2]?.err).to.contain('further rows');
  });

  /** Writes a module that declares what `services.mjs` declares, and does something more. */
  const write = (name: string, before: string): string => {
    writeFileSync(join(folder, name), `${before}\n${module}`);
    return name;
  };

  it('never passes with --check for a module that leaves a rejection unhandled while it loads', () => {
    const text = "Promise.reject(new Error('no database')); await new Promise((settle) => setTimeout(settle, 60_000));";
    const { status, stdout, stderr } = run('catalogue', write('rejecting.mjs', text), '--check', upToDate);
    expect({ status, stdout }).to.deep.equal({ status: 2, stdout: '' });
    expect(stderr).to.contain('flowplane-metrics catalogue: rejecting.mjs ').and.contain('(given exit code 1)');
  });

  describe('with modules that do not load', () => {
    const modules: readonly (readonly [title: string, text: string, message: string])[] = [
      ['ends its process', 'process.exit(0);', 'ended its process before everything was loaded (given exit code 0)'],
      [
        'ends its process by a timer while it loads',
        'setTimeout(() => process.exit(0)); await new Promise((settle) => setTimeout(settle, 60_000));',
        'ended its process before everything was loaded (given exit code 0)',
      ],
      ['is killed', "process.kill(process.pid, 'SIGKILL');", '(given signal SIGKILL)'],
      [
        'closes the channel to the command',
        'process.disconnect(); await new Promise(() => setInterval(() => 1));',
        'ended',
      ],
      ['waits for what never comes', 'await new Promise(() => undefined);', 'never finishes loading'],
      [
        'waits for ever beside a timer',
        'await new Promise(() => setInterval(() => undefined, 1000));',
        'has not finished loading after 0.4 s (given --timeout 0.4)',
      ],
      ['never yields', 'for (;;);', 'has not finished loading after 0.4 s (given --timeout 0.4)'],
      [
        'throws',
        "throw new TypeError('no module');",
        'broken-7.mjs:1:7, given TypeError: no module). Correct it, or give another module.',
      ],
      ['throws nothing', 'throw undefined;', 'cannot be loaded (given undefined)'],
      ['throws what has no text', 'throw Object.create(null);', 'cannot be loaded (given a value that has no text)'],
      [
        'declares what the package refuses',
        "\ndefineGauge({ name: 'depth', help: 'Depth', labels: { team: { limit: -1 } } });",
        'broken-10.mjs:2:1, given MetricsError: defineGauge "depth": label "team"',
      ],
      ['is no JavaScript', '\nconst a = = 1;', 'broken-11.mjs:2, given SyntaxError: Unexpected token'],
      ['imports what is not exported', "\nimport { no } from 'node:fs';", 'broken-12.mjs:2, given SyntaxError: '],
    ];
    const pathOf = (i: number): string => join(folder, `broken-${i}.mjs`);
    let runs: readonly Run[];

    before(async () => {
      const commands = modules.map(([, text, message], i) => {
        write(`broken-${i}.mjs`, text);
        const short = message.includes('0.4') ? ['--timeout', '0.4'] : [];
        return ['catalogue', pathOf(i), '--check', upToDate, ...short];
      });
      runs = await runAll(commands);
    });

    for (const [i, [title, , message]] of modules.entries()) {
      it(`never passes with --check for a module that ${title}`, () => {
        const { code, out, err } = runs[i] as Run;
        expect({ code, out }).to.deep.equal({ code: 2, out: '' });
        expect(err)
          .to.contain(`flowplane-metrics catalogue: ${pathOf(i)} `)
          .and.contain(message);
      });
    }
  });

  it('prints only its own answer to standard output, whatever the modules print, and ends while they listen', () => {
    const noisy = write(
      'noisy.mjs',
      `import { execSync } from 'node:child_process';
       import { writeSync } from 'node:fs';
       import { createServer } from 'node:net';
       console.log('by console');
       process.stdout.write('by stream');
       writeSync(1, 'by descriptor');
       execSync('echo by child', { stdio: 'inherit' });
       createServer().listen(0, '127.0.0.1');
       process.on('exit', () => console.log('at the end'));`,
    );
    const { status, stdout, stderr } = run('catalogue', noisy, '--json');
    expect(status).to.equal(0);
    expect(JSON.parse(stdout)).to.have.length(2);
    for (const text of ['by console', 'by stream', 'by descriptor', 'by child', 'at the end']) {
      expect(stderr).to.contain(text);
    }
  });

  it('looks at modules that change the current folder, the exit code, the arguments and the functions of the process', () => {
    const bold = write(
      'bold.mjs',
      `if (process.argv.length !== 2) throw new Error('arguments: ' + process.argv);
       process.send('ready');
       process.chdir('/');
       process.exitCode = 3;
       process.exit = process.send = () => undefined;
       process.stdout.write = () => false;
       String.prototype.includes = () => true;`,
    );
    expect(run('catalogue', bold, 'services.mjs', '--check', 'up-to-date.md').status).to.equal(0);
    writeFileSync(join(folder, 'empty.md'), '# Metrics\n');
    expect(run('catalogue', bold, 'services.mjs', '--check', 'empty.md').status).to.equal(1);
  });

  it('exits with 2 and names the problem where the arguments are wrong or a module does not exist', async () => {
    const wrong: readonly (readonly [args: readonly string[], message: string])[] = [
      [['catalogue'], 'catalogue: a module is missing'],
      [
        ['catalogue', 'nowhere.mjs'],
        'nowhere.mjs cannot be loaded (given a path where no file is). Give the path of a',
      ],
      [
        ['catalogue', join(folder, 'sources')],
        'sources cannot be loaded (given a folder). Give the modules in it, for example ',
      ],
      [
        ['catalogue', join(folder, 'sources/service.ts')],
        'Compile it first, and give the compiled module, for example dist/service.js.',
      ],
      [['catalogue', join(folder, 'sources/page.mtsx')], 'cannot be loaded'],
      [['catalogue', join(folder, 'sources/service.mts')], 'for example dist/service.mjs.'],
      [
        ['catalogue', services, '--check', 'NOPE.md'],
        '--check: NOPE.md cannot be read (given ENOENT). Correct the path,',
      ],
      [
        ['catalogue', services, '--check', folder],
        `--check: ${folder} cannot be read (given EISDIR). Correct the path,`,
      ],
      [['catalogue', 'services.mjs', '--jsn'], 'option --jsn is unknown (given --jsn). Did you mean --json?'],
      [['catalogue', 'services.mjs', '--timeout'], '--timeout must have a value (given none). Write it after a blank.'],
      [['catalogue', 'services.mjs', '--timeout', '0'], '--timeout must be a number of seconds above 0'],
      [['catalogue', 'services.mjs', '--timeout', 'soon'], '(given "soon")'],
      [['catalogue', 'services.mjs', '--timeout', 'Infinity'], '(given "Infinity")'],
      [['catalog'], 'check, dashboard, doctor, rules). Did you mean "catalogue"?'],
      [['names'], 'command "names" is unknown (known: catalogue, check, dashboard, doctor, rules). Write one of these'],
      [['load-modules'], 'command "load-modules" is unknown (known: catalogue'],
    ];
    mkdirSync(join(folder, 'sources'));
    for (const name of ['service.ts', 'service.mts', 'page.mtsx']) {
      writeFileSync(join(folder, 'sources', name), 'class Service { @counted work(): void {} }\n');
    }
    const runs = await runAll(wrong.map(([args]) => args));
    for (const [i, { code, out, err }] of runs.entries()) {
      expect({ code, out }).to.deep.equal({ code: 2, out: '' });
      expect(err).to.contain(wrong[i]?.[1]);
    }
  });

  it('advises on names that break the conventions, or that not every recorder takes, and prints them all the same', () => {
    const odd = write(
      'odd.mjs',
      "export const orders = defineGauge({ name: 'orders-total', help: 'Orders', labels: { 'the-team': {} } });\n" +
        "export const quiet = defineGauge({ name: 'quiet-total', help: 'Quiet', advice: false });\n",
    );
    const { status, stdout, stderr } = run('catalogue', odd);
    expect(status).to.equal(0);
    expect(stdout).to.contain('| `orders-total` | gauge |').and.contain('| `quiet-total` | gauge |');
    expect(stderr.trimEnd().split('\n')).to.deep.equal([
      'flowplane-metrics catalogue: advice: defineGauge "orders-total": metric name "orders-total" is not legal (allowed: letters, digits, "_" and ":", no digit first). Rename it, for example "orders_total", or allow it by nameValidation: "utf8" on the recorder.',
      'flowplane-metrics catalogue: advice: defineGauge "orders-total": label name "the-team" is not legal (allowed: letters, digits and "_", no digit first, no "__" first). Rename it, for example "the_team", or allow it by nameValidation: "utf8" on the recorder.',
    ]);
  });

  it('prints the version of the package', async () => {
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
    const runs = await runAll([['--version'], ['-v'], ['version']]);
    expect(runs).to.deep.equal(runs.map(() => ({ code: 0, out: `${version}\n`, err: '' })));
  });

  it('answers --help with the usage, as every command does', async () => {
    const commands = ['catalogue', 'doctor'];
    const runs = await runAll([
      ['--help'],
      ...commands.flatMap((command) => [
        [command, '--help'],
        [command, '-h'],
      ]),
    ]);
    expect(runs.map(({ code, err }) => `${code}${err}`)).to.deep.equal(['0', '0', '0', '0', '0']);
    expect(runs[0]?.out).to.contain('catalogue <module>… [--json] [--check <file>]');
    for (const [i, { out }] of runs.slice(1).entries()) {
      expect(out)
        .to.contain(`Usage: flowplane-metrics ${commands[Math.floor(i / 2)]}`)
        .and.contain('Exit code:');
    }
  });
});
