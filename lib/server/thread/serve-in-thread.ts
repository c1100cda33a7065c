import { parentPort, workerData } from 'node:worker_threads';
import type { Scrapable } from '../../store/exposed-family.js';
import { StoreCopy } from '../../thread/store-copy.js';
import type { MetricsServerOptions } from '../config/options.js';
import { EndpointMetrics } from '../endpoint-metrics.js';
import type { Introspectable } from '../landing/describe-families.js';
import type { Application, Routes } from '../route.js';
import { RunningServer } from '../running-server.js';
import { createParts } from '../server-parts.js';
import { Dialogue, QuestionStates, Transferred } from './dialogue.js';
import { ExportInThread } from './export-in-thread.js';
import { MainThread } from './main-thread.js';
import type { Framework, ThreadData } from './messages.js';
import { postFamilies } from './posted-families.js';
import { ProcessInThread } from './process-in-thread.js';

/** Creates the application of each framework. */
export type Applications = Readonly<Record<Framework, (routes: Routes) => Promise<Application>>>;

/** Runs a metrics server in this thread, as the main thread tells it to: the program of the metrics thread. */
export function serveInThread(applications: Applications): void {
  const data = workerData as ThreadData;
  let incomplete = 0;
  let exporter: ExportInThread | undefined;
  const metrics = new EndpointMetrics({ restarts: data.restarts });
  const options: MetricsServerOptions = {
    ...data.options,
    onAdvice: (advice) => dialogue.tell('advise', advice),
  };
  const ofProcess = new ProcessInThread(
    options.processMetrics !== false || data.store.hasProcessMetrics,
    data.observed,
  );
  const dialogue: Dialogue = new Dialogue(
    parentPort as NonNullable<typeof parentPort>,
    {
      start: async () => {
        await ofProcess.load();
        // Why before it listens: the first scrape has all metrics, and does not pay for what gives them.
        if (ofProcess.leftToMain.length > 0) await dialogue.ask('loadProcessMetrics');
        return running.start();
      },
      reload: () => running.reload(),
      drain: () => running.drain(),
      stop: () => running.stop(),
      end: () => process.exit(),
      sendLast: (seconds: number) => exporter?.sendLast(seconds),
      endpointFamilies: async () => {
        const posted = await postFamilies(await metrics.exposedFamilies());
        return new Transferred(posted, [posted.numbers.buffer as ArrayBuffer]);
      },
    },
    new QuestionStates(data.questions),
    false,
  );
  const main = new MainThread(dialogue, data, ofProcess, () => {
    incomplete++;
    metrics.countIncomplete();
  });
  const parts = createParts(exposeCopy(main, data), options, {
    metrics,
    readiness: sharedReadiness(data.draining),
    addProcessMetrics: (scrapable) => main.addProcessMetrics(scrapable),
  });
  const running = new RunningServer(parts, {
    createApplication: applications[data.framework],
    required: data.required,
    createExporter: (scrapable) => {
      if (data.exports === undefined) return undefined;
      exporter = new ExportInThread(scrapable, data.exports, {
        onAdvice: (advice) => dialogue.tell('adviseOnExport', advice),
        countIncomplete: () => incomplete,
      });
      return exporter;
    },
    onProtected: (protections) => dialogue.tell('protected', protections),
  });
}

/** Why shared: from the moment on at which the main thread begins to drain, the server is not ready. */
function sharedReadiness(memory: SharedArrayBuffer): { isReady: boolean } {
  const draining = new Int32Array(memory);
  return {
    get isReady() {
      return Atomics.load(draining, 0) === 0;
    },
    set isReady(isReady) {
      Atomics.store(draining, 0, Number(!isReady));
    },
  };
}

/** What the server exposes: a copy of the store, with what the main thread computes and says of it. */
function exposeCopy(main: MainThread, { store }: ThreadData): Scrapable & Introspectable {
  const copy = new StoreCopy(store, main);
  return {
    constantLabels: () => copy.constantLabels(),
    get nameValidation() {
      return main.nameValidation;
    },
    exposedFamilies: (limits) => copy.exposedFamilies(limits),
    describeFamilies: () => main.describeFamilies(),
  };
}
