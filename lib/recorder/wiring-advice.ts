import { metadataApi } from '../families/declared-instruments.js';
import { processState } from '../process-state.js';
import { isObject } from '../validation.js';
import type { MetricsRecorder } from './metrics-recorder.js';
import type { Advice } from './reports.js';

const { hosts } = processState.wiring;

/** What advice says of one host: the container, or the framework, that creates the instances. */
interface HostWords {
  /** Why an instance of it may have no recorder. */
  readonly causes?: readonly string[];
  /** When an instance of it is called before it has its recorder, apart from in the constructor. */
  readonly earlyCall?: string;
  /** How it comes to inject a recorder that nobody has given to it. */
  readonly unbound?: string;
  /** What gives it a recorder. */
  readonly remedy?: string;
  /** The metadata that its decorators leave on a class, where reflect-metadata is loaded. */
  readonly metadata?: readonly string[];
}

/** The hosts that have words of their own. Why here: an adapter says only the name of its host, and three of them have none. */
const wordsByHost: Readonly<Record<string, HostWords>> = {
  Inversify: {
    causes: [
      'it is a singleton that was resolved before installMetrics(container)',
      'it belongs to a child container without its own installMetrics(child)',
    ],
    earlyCall: 'in an asynchronous @postConstruct',
    unbound: 'MetricsRecorder as "autobind" constructs it',
    remedy: 'Call installMetrics(container), or bind a recorder',
    metadata: ['@inversifyjs/core/classIsInjectableFlagReflectKey', 'inversify:paramtypes'],
  },
  Nest: {
    causes: ['no module of its application imports MetricsModule'],
    remedy: 'Import MetricsModule.forRoot() in the root module',
    metadata: ['__injectable__', '__controller__'],
  },
  tsyringe: {
    causes: [
      'afterResolution was not called for its token',
      'a child container has resolved it, which does not inherit afterResolution',
    ],
    unbound: 'MetricsRecorder, which tsyringe constructs where it is not registered',
    remedy: 'Call container.registerInstance(MetricsRecorder, recorder)',
    metadata: ['injectionTokens'],
  },
  awilix: {
    causes: [
      'it was registered or resolved before its resolver was wrapped',
      'it is what container.build() has returned for a class',
    ],
    remedy: 'Register a recorder: asValue(recorder)',
  },
  typedi: {
    causes: ['it was registered without a factory that attaches the recorder'],
    unbound: 'MetricsRecorder, which typedi constructs after Container.reset()',
    remedy: 'Call Container.set({ id: MetricsRecorder, value: recorder })',
  },
};

/** Remembers which host hands out the instances that report to a recorder. */
export function addHost(recorder: MetricsRecorder, host: string): void {
  const known = hosts.get(recorder);
  if (known === undefined) hosts.set(recorder, new Set([host]));
  else known.add(host);
}

/** The host whose decorators a class has, else the only one that the recorder is wired by. */
function hostOf(recorder: MetricsRecorder, owner: unknown): string | undefined {
  const keys = isObject(owner) || typeof owner === 'function' ? metadataApi.getOwnMetadataKeys?.(owner) : undefined;
  const marked = Object.keys(wordsByHost).find((host) =>
    wordsByHost[host]?.metadata?.some((key) => keys?.includes(key) === true),
  );
  const [first, second] = hosts.get(recorder) ?? [];
  return marked ?? (second === undefined ? first : undefined);
}

const wordsOf = (host: string | undefined): HostWords => (host !== undefined && wordsByHost[host]) || {};

/** The advice on a call whose instance, of this class, has no recorder. */
export function createNotAttachedAdvice(recorder: MetricsRecorder, site: string, owner: unknown): Advice {
  const host = hostOf(recorder, owner);
  const causes = [
    `it was made with "new" ${host === undefined ? 'and not passed to attachRecorder' : `rather than by ${host}`}`,
    'it was called in a constructor, before it had a recorder',
    ...(wordsOf(host).causes ?? []),
    'it is a static method or a plain function',
  ];
  return {
    code: 'unwired',
    message:
      `${site}: a call was not recorded, because its instance has no recorder. Likely causes: ${causes.join('; ')}. ` +
      'Use attachRecorder(instance, recorder) or setDefaultRecorder(recorder).',
  };
}

/** The advice on a call of an instance of this class that came before the instance had its recorder. */
export function createEarlyCallAdvice(recorder: MetricsRecorder, owner: unknown): Advice {
  const { earlyCall } = wordsOf(hostOf(recorder, owner));
  const calls = ['in the constructor', ...(earlyCall === undefined ? [] : [earlyCall]), 'or before attachRecorder'];
  return {
    code: 'unwired',
    message:
      `class ${(owner as { readonly name?: unknown } | undefined)?.name}: a call was not recorded, because the instance got ` +
      `its recorder only afterwards (given a call ${calls.join(', ')}). ` +
      'Make the call later, or set a recorder for such calls with setDefaultRecorder(recorder).',
  };
}

/** The advice on a number that was recorded by the recorder that a container has constructed by itself. */
export function createUnboundAdvice(recorder: MetricsRecorder): Advice {
  const {
    unbound = 'MetricsRecorder, which the container constructs by itself',
    remedy = 'Register a recorder for MetricsRecorder',
  } = wordsOf(hostOf(recorder, undefined));
  return {
    code: 'unwired',
    message: `a number was not recorded, because the container has no recorder (given ${unbound}). ${remedy}.`,
  };
}
