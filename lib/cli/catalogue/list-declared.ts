import { type ChildProcess, fork, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { stat } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { formatSite } from '../format-site.js';
import { withProgress } from '../progress.js';
import { type DeclaredFamilies, isModuleReport, loadModulesCommand, type ModuleReport } from './module-report.js';

/** How a process of modules went: what it reported last, or that it ended, or took too long, without a report. */
type Outcome =
  | Exclude<ModuleReport, { readonly event: 'loading' }>
  | { readonly event: 'ended'; readonly how: string }
  | { readonly event: 'late'; readonly seconds: number };

type Failure = Extract<Outcome, { readonly event: 'failed' }>;

/**
 * Lists everything that is decorated in the modules and in what they import, and the families that they export.
 *
 * Why in a process of their own: a module may end its process, wait for ever, listen, print, or replace what the command
 * uses. Only what that process reports counts as having looked.
 */
export async function listDeclared(modules: readonly string[], timeoutSeconds: number): Promise<DeclaredFamilies> {
  for (const one of modules) await refuseUnlessFile(one);
  const child = startProcess();
  let module = modules[0] as string;
  const loading = (path: string) => {
    module = modules.find((one) => resolve(one) === path) ?? path;
  };
  const timer = new AbortController();
  let outcome: Outcome | undefined;
  try {
    const reports = [
      waitForReport(child, loading),
      waitForEnd(child),
      wait<Outcome>(timeoutSeconds * 1000, { event: 'late', seconds: timeoutSeconds }, { signal: timer.signal }),
      // Why paths: a module may change the current folder.
      send(
        child,
        modules.map((one) => resolve(one)),
      ),
    ];
    outcome = await withProgress('loads the modules', () => Promise.race(reports));
    if (outcome.event === 'loaded') return outcome;
    throw new Error(`${module} ${describeFailure(outcome, module)}`);
  } finally {
    timer.abort();
    // Why a while for one that has reported: it runs what its modules do as they end.
    await stop(child, outcome?.event === 'late' ? 0 : 2000);
  }
}

/** What is said where somebody needs a metric and the modules declare none. */
export const describeNothingDeclared = (modules: readonly string[]): string =>
  `no metric is declared (given ${modules.join(', ')}). Give the modules that decorate methods, or that export what they define.`;

async function refuseUnlessFile(module: string): Promise<void> {
  const found = await stat(module).catch((error: NodeJS.ErrnoException) => error);
  if (found instanceof Error) {
    const given = found.code === 'ENOENT' ? 'a path where no file is' : found.code;
    throw new Error(`${module} cannot be loaded (given ${given}). Give the path of a compiled module.`);
  }
  if (found.isDirectory()) {
    throw new Error(`${module} cannot be loaded (given a folder). Give the modules in it, for example ${module}/*.js.`);
  }
}

/** Starts the program once more, as the process of the modules. */
function startProcess(): ChildProcess {
  const [, program = ''] = process.argv;
  // Why: what modules print is no part of what the command prints, and what they read is empty.
  return fork(program, [loadModulesCommand], { stdio: ['ignore', 2, 2, 'ipc'] });
}

/** Sends the paths of the modules. It settles only if that fails. */
const send = (child: ChildProcess, paths: readonly string[]): Promise<never> =>
  new Promise((_, reject) => child.send(paths, (error) => error && reject(error)));

const waitForReport = (child: ChildProcess, loading: (path: string) => void): Promise<Outcome> =>
  new Promise((report) => {
    child.on('message', (message) => {
      if (!isModuleReport(message)) return;
      const { moduleReport } = message;
      if (moduleReport.event === 'loading') loading(moduleReport.module);
      else report(moduleReport);
    });
  });

async function waitForEnd(child: ChildProcess): Promise<Outcome> {
  // Why both: the last report may be read after the process has ended.
  const [[code, signal]] = await Promise.all([once(child, 'exit'), once(child, 'disconnect')]);
  return { event: 'ended', how: signal === null ? `exit code ${code}` : `signal ${signal}` };
}

/** The ending of a module that Node cannot load, or not where it has decorators. */
const sourceEnding = /\.([cm]?)(?:tsx?|jsx)$/;
const isSource = (module: string): boolean => sourceEnding.test(module);

const remedy = 'Give the module that declares the metrics, not the one that starts the service';

function describeFailure(outcome: Exclude<Outcome, { readonly event: 'loaded' }>, module: string): string {
  switch (outcome.event) {
    case 'failed':
      return isSource(module)
        ? `cannot be loaded (given source code: ${outcome.problem}). Compile it first, and give the compiled module, for example dist/${basename(module).replace(sourceEnding, '.$1js')}.`
        : `cannot be loaded (${describePlace(outcome, module)}given ${outcome.problem}). Correct it, or give another module.`;
    case 'waiting':
      return `never finishes loading (given a top-level await that nothing can settle). ${remedy}.`;
    case 'ended':
      return `ended its process before everything was loaded (given ${outcome.how}). ${remedy}.`;
    case 'late':
      return `has not finished loading after ${outcome.seconds} s (given --timeout ${outcome.seconds}). ${remedy}, or pass a longer --timeout.`;
  }
}

function describePlace({ problem, at }: Failure, module: string): string {
  const found = at ?? (problem.startsWith('SyntaxError') ? findSyntaxError(module) : undefined);
  return found === undefined ? '' : `at ${formatSite(found)}, `;
}

/**
 * Where the text of a module is no JavaScript.
 *
 * Why by a process of Node: only what Node prints at its end has the place of such an error.
 */
function findSyntaxError(module: string): string | undefined {
  const { stderr } = spawnSync(process.execPath, ['--check', module], { encoding: 'utf8' });
  return /^(\S.*:\d+)\r?\n/.exec(stderr)?.[1];
}

/** Waits until the process has ended by itself, and kills one that does not end. */
async function stop(child: ChildProcess, graceMs: number): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const timer = setTimeout(() => child.kill('SIGKILL'), graceMs);
  await once(child, 'exit');
  clearTimeout(timer);
}
