import 'reflect-metadata';
import { text } from 'node:stream/consumers';
import {
  applyDecorators,
  type CanActivate,
  Controller,
  Get,
  type INestApplication,
  type INestApplicationContext,
  Inject,
  Injectable,
  Module,
  type NestInterceptor,
  type NestMiddleware,
  Param,
  ParseIntPipe,
  Scope,
  SetMetadata,
  UseGuards,
  UseInterceptors,
  VersioningType,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { PrometheusModule } from '@willsoto/nestjs-prometheus';
import { expect } from 'chai';
import {
  MetricsModule,
  type MetricsModuleOptions,
  type NestRequestsOptions,
} from '../../../lib/adapters/nest/index.js';
import { Counter, MetricsRecorder, PrometheusRecorder, scrape } from '../../../lib/index.js';
import { MemoryRecorder } from '../../../lib/testing/index.js';
import { until } from '../../until.js';

@Injectable()
class Mailer {
  @Counter({ name: 'mails_total', help: 'Mails' })
  send(): void {}
}

@Injectable({ scope: Scope.REQUEST })
class Basket {
  @Counter({ name: 'baskets_total', help: 'Baskets' })
  fill(): void {}
}

@Injectable({ scope: Scope.TRANSIENT })
class Parser {
  @Counter({ name: 'parsed_total', help: 'Parsed' })
  parse(): void {}
}

class Value {
  @Counter({ name: 'values_total', help: 'Values' })
  use(): void {}
}

class Made {
  @Counter({ name: 'made_total', help: 'Made' })
  use(): void {}
}

@Injectable()
class Guard implements CanActivate {
  @Counter({ name: 'guards_total', help: 'Guards' })
  canActivate(): boolean {
    return true;
  }
}

@Injectable()
class Interceptor implements NestInterceptor {
  @Counter({ name: 'interceptors_total', help: 'Interceptors' })
  intercept(_context: unknown, next: { handle(): never }) {
    return next.handle();
  }
}

@Injectable()
class Middleware implements NestMiddleware {
  @Counter({ name: 'middleware_total', help: 'Middleware' })
  count(): void {}

  use(_request: unknown, _response: unknown, next: () => void): void {
    this.count();
    next();
  }
}

const before = applyDecorators(
  Get('before/:id'),
  UseGuards(Guard),
  SetMetadata('mark', 'before'),
  UseInterceptors(Interceptor),
);
const after = applyDecorators(
  Get('after/:id'),
  UseGuards(Guard),
  SetMetadata('mark', 'after'),
  UseInterceptors(Interceptor),
);

@Controller('orders')
class OrderController {
  constructor(
    @Inject(Mailer) readonly mailer: Mailer,
    @Inject(Basket) readonly basket: Basket,
    @Inject(Parser) readonly parser: Parser,
    readonly metrics: MetricsRecorder,
  ) {}

  @before
  @Counter({ name: 'before_total', help: 'Answers' })
  before(@Param('id', ParseIntPipe) id: number): string {
    this.mailer.send();
    this.basket.fill();
    this.parser.parse();
    return typeof id;
  }

  @Counter({ name: 'after_total', help: 'Answers' })
  @after
  after(@Param('id', ParseIntPipe) id: number): string {
    return typeof id;
  }
}

const providers = [
  Mailer,
  Basket,
  Parser,
  { provide: 'value', useValue: new Value() },
  { provide: 'made', useFactory: () => new Made() },
];

function createRoot(options: MetricsModuleOptions, imports: object[] = []) {
  @Module({
    imports: [MetricsModule.forRoot(options), ...(imports as [])],
    controllers: [OrderController],
    providers,
  })
  class AppModule {
    configure(consumer: { apply(one: unknown): { forRoutes(one: unknown): unknown } }): void {
      consumer.apply(Middleware).forRoutes(OrderController);
    }
  }
  return AppModule;
}

const scrapeText = async (recorder: PrometheusRecorder): Promise<string> =>
  text((await scrape(recorder, { method: 'GET' })).body);

const platforms = [
  ['Express', () => new ExpressAdapter()],
  ['Fastify', () => new FastifyAdapter()],
] as const;

describe('MetricsModule of Nest', () => {
  const running: INestApplicationContext[] = [];

  afterEach(async () => {
    for (const application of running.splice(0)) await application.close();
  });

  const create = async (
    root: new () => object,
    createAdapter: (typeof platforms)[number][1] = platforms[0][1],
  ): Promise<INestApplication> => {
    const application = await NestFactory.create<INestApplication>(root, createAdapter(), {
      logger: false,
      abortOnError: false,
      forceCloseConnections: true,
    });
    running.push(application);
    return application;
  };
  const listen = async (application: INestApplication): Promise<string> => {
    await application.listen(0, '127.0.0.1');
    return `http://127.0.0.1:${application.getHttpServer().address().port}`;
  };
  const read = async (url: string): Promise<string> => (await fetch(url, { headers: { connection: 'close' } })).text();

  for (const [platform, createAdapter] of platforms) {
    it(`lets everything that Nest creates report, with no line per class, on ${platform}`, async () => {
      const recorder = new PrometheusRecorder();
      const application = await create(createRoot({ recorder, server: false }), createAdapter);
      const origin = await listen(application);
      expect(await read(`${origin}/orders/before/1`)).to.equal('number');
      expect(await read(`${origin}/orders/after/1`)).to.equal('number');
      application.get('value').use();
      application.get('made').use();
      const lines = (await scrapeText(recorder)).split('\n');
      for (const name of ['mails', 'baskets', 'parsed', 'values', 'made', 'before', 'after']) {
        expect(lines).to.include(`${name}_total 1`);
      }
      for (const name of ['guards', 'interceptors', 'middleware']) expect(lines).to.include(`${name}_total 2`);
      expect(application.get(MetricsRecorder)).to.equal(recorder);
      for (const mark of ['before', 'after'] as const) {
        expect(Reflect.getMetadata('mark', OrderController.prototype[mark])).to.equal(mark);
      }
    });

    it(`serves the metrics at the path given, without the global prefix, and measures no scrape, on ${platform}`, async () => {
      const application = await create(createRoot({ path: '/internal/metrics' }), createAdapter);
      application.setGlobalPrefix('api');
      application.enableVersioning({ type: VersioningType.URI, defaultVersion: '2' });
      const origin = await listen(application);
      expect(await read(`${origin}/api/v2/orders/after/7`)).to.equal('number');
      expect((await fetch(`${origin}/api/v2/orders/after/x`)).status).to.equal(400);
      expect((await fetch(`${origin}/api/v2/nothing`)).status).to.equal(404);
      const route = 'http_request_method="GET",url_scheme="http",http_route="/api/v2/orders/after/:id"';
      let text = '';
      await until(async () => {
        text = await read(`${origin}/internal/metrics`);
        return text.includes('http_response_status_code="404"');
      });
      const counts = text.split('\n').filter((line) => line.startsWith('http_server_request_duration_seconds_count'));
      expect(counts).to.have.members([
        `http_server_request_duration_seconds_count{${route},http_response_status_code="200"} 1`,
        `http_server_request_duration_seconds_count{${route},http_response_status_code="400"} 1`,
        'http_server_request_duration_seconds_count{http_request_method="GET",url_scheme="http",http_response_status_code="404"} 1',
      ]);
      const head = await fetch(`${origin}/internal/metrics`, { method: 'HEAD' });
      expect(head.status).to.equal(200);
      expect(head.headers.get('content-type')).to.contain('text/plain');
    });

    it(`takes the route of a request from the option "route", on ${platform}`, async () => {
      const recorder = new PrometheusRecorder();
      const requests: NestRequestsOptions = { route: ({ url }, pattern) => pattern ?? `nothing at ${url}` };
      const application = await create(createRoot({ recorder, server: false, requests }), createAdapter);
      const origin = await listen(application);
      await read(`${origin}/orders/after/7`);
      await read(`${origin}/graphql`);
      await until(async () => {
        const text = await scrapeText(recorder);
        return text.includes('http_route="/orders/after/:id"') && text.includes('http_route="nothing at /graphql"');
      });
    });
  }

  it('takes a path in any case and with slashes at its end for the path given, as Express does', async () => {
    const application = await create(createRoot({ path: '/internal/metrics' }));
    const origin = await listen(application);
    for (const path of ['/internal/metrics', '/INTERNAL/metrics/', '/internal/metrics/?name[]=up']) {
      expect((await fetch(origin + path)).status).to.equal(200);
    }
    expect((await fetch(`${origin}/${'/'.repeat(8000)}x`)).status).to.equal(404);
    await until(async () => (await read(`${origin}/internal/metrics`)).includes('_count{http_request_method="GET"'));
    expect(await read(`${origin}/internal/metrics`))
      .to.contain('_status_code="404"')
      .and.not.contain('_status_code="200"');
  });

  it('refuses to start where a route of the application has the path given, which it would hide, on Express', async () => {
    @Controller()
    class OwnController {
      @Get('Metrics/')
      read(): string {
        return 'own';
      }
    }
    @Module({ imports: [MetricsModule.forRoot({ path: '/metrics' })], controllers: [OwnController] })
    class AppModule {}
    const application = await create(AppModule);
    const failure = await application.init().catch((cause) => cause);
    expect(failure.message).to.equal(
      'MetricsModule: "path" hides a route of the application (given "/metrics", and a route "/Metrics"). Choose another path for one of them.',
    );
  });

  it('refuses to be imported twice by one application', async () => {
    @Module({ imports: [MetricsModule.forRoot({ server: { port: 0 } })] })
    class FeatureModule {}
    @Module({ imports: [MetricsModule.forRoot({ server: false }), FeatureModule] })
    class AppModule {}
    const failure = await create(AppModule).catch((cause) => cause);
    expect(failure.message).to.equal(
      'MetricsModule: the module is imported 2 times (given 2 calls of forRoot in one application). Import it once, in the root module: it is global.',
    );
  });

  it('may be imported by several modules where it was made once', async () => {
    const metrics = MetricsModule.forRoot({ server: false });
    @Module({ imports: [metrics] })
    class FeatureModule {}
    @Module({ imports: [metrics, FeatureModule], providers: [Mailer] })
    class AppModule {}
    await (await create(AppModule)).init();
  });

  it('opens no path on the application, and serves the metrics on a port of their own until the application ends', async () => {
    const application = await create(createRoot({ server: { port: 0 } }));
    const module = application.get(MetricsModule);
    expect(module.address).to.equal(undefined);
    const origin = await listen(application);
    expect((await fetch(`${origin}/metrics`)).status).to.equal(404);
    const { url } = module.address ?? { url: '' };
    expect(await read(url)).to.contain('mails_total 0');
    running.splice(0);
    await application.close();
    expect(await read(url).catch(({ cause }) => cause.code)).to.equal('ECONNREFUSED');
    expect(module.address).to.equal(undefined);
  });

  it("waits for one more scrape where a signal ends the application and 'drain' says so", async () => {
    const application = await create(createRoot({ server: { port: 0, drain: true } }));
    await listen(application);
    const { url } = application.get(MetricsModule).address ?? { url: '' };
    running.splice(0);
    let isClosed = false;
    const closing = (application as { close(signal?: string): Promise<void> }).close('SIGTERM').then(() => {
      isClosed = true;
    });
    const ready = url.replace('/metrics', '/-/ready');
    await until(async () => (await fetch(ready, { headers: { connection: 'close' } })).status === 503);
    expect(isClosed).to.equal(false);
    expect(await read(url)).to.contain('mails_total 0');
    await closing;
  });

  it('takes its options from other providers', async () => {
    const recorder = new PrometheusRecorder();
    @Module({ providers: [{ provide: 'path', useValue: '/m' }], exports: ['path'] })
    class ConfigModule {}
    @Module({
      imports: [
        MetricsModule.forRootAsync({
          imports: [ConfigModule],
          inject: ['path'],
          useFactory: async (path: string) => ({ recorder, path }),
        }),
      ],
      providers: [Mailer],
    })
    class AppModule {}
    const application = await create(AppModule);
    const origin = await listen(application);
    application.get(Mailer).send();
    expect(await read(`${origin}/m`)).to.contain('mails_total 1');
  });

  it('reports to a recorder that a test puts in its place, and serves nothing then', async () => {
    const memory = new MemoryRecorder();
    const testing = await Test.createTestingModule({ imports: [createRoot({})] })
      .overrideProvider(MetricsRecorder)
      .useValue(memory)
      .compile();
    const application = testing.createNestApplication({ logger: false });
    running.push(application);
    const origin = await listen(application);
    expect(await read(`${origin}/orders/before/1`)).to.equal('number');
    expect(memory.value('mails_total')).to.equal(1);
    expect(memory.value('baskets_total')).to.equal(1);
  });

  it('gives what exists for one request only to the application that started last, and everything else to its own', async () => {
    const [first, second] = [new PrometheusRecorder(), new PrometheusRecorder()];
    const origin = await listen(await create(createRoot({ recorder: first, server: false })));
    await listen(await create(createRoot({ recorder: second, server: false })));
    await read(`${origin}/orders/before/1`);
    expect(await scrapeText(first))
      .to.contain('mails_total 1')
      .and.contain('baskets_total 0');
    expect(await scrapeText(second))
      .to.contain('mails_total 0')
      .and.contain('baskets_total 1');
  });

  it('works without HTTP, for instances of an application context', async () => {
    const recorder = new PrometheusRecorder();
    @Module({ imports: [MetricsModule.forRoot({ recorder, server: false })], providers: [Mailer] })
    class AppModule {}
    const context = await NestFactory.createApplicationContext(AppModule, { logger: false });
    running.push(context);
    context.get(Mailer).send();
    expect(await scrapeText(recorder)).to.contain('mails_total 1');
  });

  it('works beside @willsoto/nestjs-prometheus', async () => {
    const application = await create(createRoot({ path: '/ours' }, [PrometheusModule.register({ path: '/theirs' })]));
    const origin = await listen(application);
    expect(await read(`${origin}/ours`)).to.contain('mails_total 0');
    expect(await read(`${origin}/theirs`)).to.contain('process_cpu_user_seconds_total');
  });

  it('refuses wrong options by name, and to be imported without forRoot', async () => {
    const forRoot = (options: object) => () => MetricsModule.forRoot(options as MetricsModuleOptions);
    expect(forRoot({ paht: '/metrics' })).to.throw('MetricsModule.forRoot: option "paht" is unknown');
    expect(forRoot({ path: 'metrics' })).to.throw(
      '"path" must be a path of "/", letters, digits and "-._~" that begins with "/"',
    );
    expect(forRoot({ server: { prot: 1 } })).to.throw('"prot" is unknown');
    expect(forRoot({ requests: { names: 'x' } })).to.throw('"names" must be one of');
    expect(forRoot({ requests: { route: '/graphql' } })).to.throw('"route" must be a function');
    expect(forRoot({ recorder: {} })).to.throw('"recorder" must be a MetricsRecorder');
    expect(() => MetricsModule.forRootAsync({} as never)).to.throw('"useFactory" must be a function');
    expect(() => new MetricsModule()).to.throw('Write MetricsModule.forRoot() instead');
    @Module({ imports: [MetricsModule.forRootAsync({ useFactory: () => ({ path: 'x' }) })] })
    class AppModule {}
    const failure = await create(AppModule).catch((cause) => cause);
    expect(failure.message).to.contain('MetricsModule.forRootAsync: "path" must be');
  });
});
