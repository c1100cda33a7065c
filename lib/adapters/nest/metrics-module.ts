import { MetricsError, refuseIfAny } from '../../error.js';
import { exportsOf, peerError } from '../../peers.js';
import { PrometheusRecorder } from '../../prometheus/prometheus-recorder.js';
import { MetricsRecorder } from '../../recorder/metrics-recorder.js';
import type { ServerAddress } from '../../server/listening-server.js';
import { Installation } from './installation.js';
import {
  checkAsyncOptions,
  checkModuleOptions,
  type MetricsModuleAsyncOptions,
  type MetricsModuleOptions,
  site,
} from './module-options.js';
import type { ModulesContainer } from './nest-shapes.js';

/** A dynamic module, as Nest's `imports` take it. It is typed by shape: the public types name no framework. */
export interface MetricsDynamicModule {
  readonly module: typeof MetricsModule;
  readonly global: true;
  // biome-ignore lint/suspicious/noExplicitAny: as in `forRootAsync`.
  readonly imports: any[];
  // biome-ignore lint/suspicious/noExplicitAny: a factory takes what Nest injects.
  readonly providers: { provide: any; useFactory: (...injected: any[]) => any; inject: any[] }[];
  // biome-ignore lint/suspicious/noExplicitAny: a token is of any type.
  readonly exports: any[];
}

// Why described so: Nest names the token where it has no provider for it.
const optionsToken = Symbol('the options of MetricsModule.forRoot()');
const installationToken = Symbol('what MetricsModule.forRoot() installs');

/**
 * The module that measures a Nest application, of Nest 10 to 12: every provider, controller, resolver, guard, pipe,
 * interceptor and middleware reports, also where it exists for one request only; `MetricsRecorder` can be injected
 * everywhere; requests are measured by the pattern of their route; and the metrics are served.
 *
 * @example
 * import { MetricsModule } from 'flowplane-metrics/nest';
 *
 * class AppModule {}
 * const imports = [MetricsModule.forRoot({ path: '/metrics' })];
 * console.log(AppModule.name, imports.length); // AppModule 1
 */
export class MetricsModule {
  readonly #installation: Installation;

  /** Nest calls it. @throws MetricsError where the module was imported without `forRoot`. */
  constructor(installation?: object) {
    if (!(installation instanceof Installation)) {
      const message =
        'the module has no options (given the class itself in "imports"). Write MetricsModule.forRoot() instead.';
      throw new MetricsError(site, [{ code: 'illegal_option', message }]);
    }
    this.#installation = installation;
  }

  /**
   * Measures the application that imports it, once, in its root module. The metrics are on port 9090 of 127.0.0.1, unless
   * `server` or `path` says otherwise.
   *
   * @throws MetricsError naming every option that is wrong; `missing_peer` where Nest is not installed.
   */
  static forRoot(options: MetricsModuleOptions = {}): Promise<MetricsDynamicModule> {
    refuseIfAny('MetricsModule.forRoot', checkModuleOptions(options));
    return createModule([], { provide: optionsToken, useFactory: () => options, inject: [] });
  }

  /**
   * The same as `forRoot`, with options that other providers give.
   *
   * @throws MetricsError naming every option that is wrong; for those that `useFactory` returns, when the application starts.
   */
  static forRootAsync(options: MetricsModuleAsyncOptions): Promise<MetricsDynamicModule> {
    refuseIfAny('MetricsModule.forRootAsync', checkAsyncOptions(options));
    const { imports = [], inject = [], useFactory } = options;
    const createOptions = async (...injected: unknown[]): Promise<MetricsModuleOptions> => {
      const created = await useFactory(...injected);
      refuseIfAny('MetricsModule.forRootAsync', checkModuleOptions(created));
      return created;
    };
    return createModule(imports, { provide: optionsToken, useFactory: createOptions, inject });
  }

  /**
   * Where the metrics server listens; `undefined` where there is none, or while it does not listen. Ask
   * `application.get(MetricsModule)` for it.
   */
  get address(): ServerAddress | undefined {
    return this.#installation.address;
  }

  /** Nest calls it before it registers routes. */
  configure(): void {
    this.#installation.configure();
  }

  /** Nest calls it when the application starts. */
  async onApplicationBootstrap(): Promise<void> {
    await this.#installation.start();
  }

  /** Nest calls it when the application has stopped to answer. */
  async onApplicationShutdown(signal?: string): Promise<void> {
    await this.#installation.stop(signal);
  }
}

type Provider = MetricsDynamicModule['providers'][number];

async function createModule(imports: unknown[], options: Provider): Promise<MetricsDynamicModule> {
  const { Inject, ModulesContainer, HttpAdapterHost } = await importNest();
  // Why by hand: no compiler's metadata about parameters is read, and none of them emits it here.
  Inject(installationToken)(MetricsModule, undefined, 0);
  return {
    module: MetricsModule,
    global: true,
    imports,
    providers: [
      options,
      { provide: MetricsRecorder, useFactory: recorderOfOptions, inject: [optionsToken] },
      {
        provide: installationToken,
        useFactory: (...parts: ConstructorParameters<typeof Installation>) => {
          refuseUnlessOnly(parts[2]);
          return new Installation(...parts);
        },
        inject: [optionsToken, MetricsRecorder, ModulesContainer, HttpAdapterHost],
      },
    ],
    exports: [MetricsRecorder],
  };
}

/** Refuses a second import. Why: each would have a recorder and a server of its own, and half of the numbers. */
function refuseUnlessOnly(modules: ModulesContainer): void {
  const count = [...modules.values()].filter(({ metatype }) => metatype === MetricsModule).length;
  if (count === 1) return;
  const message = `the module is imported ${count} times (given ${count} calls of forRoot in one application). Import it once, in the root module: it is global.`;
  throw new MetricsError(site, [{ code: 'illegal_option', message }]);
}

const recorderOfOptions = ({ recorder }: MetricsModuleOptions): MetricsRecorder =>
  recorder ?? new PrometheusRecorder({ processMetrics: true });

const peers = {
  packages: ['@nestjs/common', '@nestjs/core'],
  purpose: 'for MetricsModule',
  install: '@nestjs/common@11 @nestjs/core@11',
} as const;

async function importNest() {
  try {
    // Why one after the other: esbuild lets a package be absent only where its import is awaited by itself.
    const common = await import('@nestjs/common');
    const core = await import('@nestjs/core');
    const { Inject } = exportsOf(common);
    const { ModulesContainer, HttpAdapterHost } = exportsOf(core);
    return { Inject, ModulesContainer, HttpAdapterHost };
  } catch (cause) {
    throw peerError(site, peers, cause);
  }
}
