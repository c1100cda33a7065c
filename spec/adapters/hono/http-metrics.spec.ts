import { expect } from 'chai';
import { Hono, type MiddlewareHandler } from 'hono';
import { HTTPException } from 'hono/http-exception';
import { type HonoMetricsOptions, httpMetrics } from '../../../lib/adapters/hono/index.js';
import { MemoryRecorder } from '../../../lib/testing/index.js';
import { active, duration, size } from '../../http/measured-application.js';

describe('httpMetrics() for Hono', () => {
  let recorder: MemoryRecorder;
  let application: Hono;

  const measure = (options?: HonoMetricsOptions): MiddlewareHandler =>
    httpMetrics(recorder, options) as MiddlewareHandler;

  beforeEach(() => {
    recorder = new MemoryRecorder({ strict: true });
    application = new Hono();
    application.use(measure());
  });

  /** Asks the application as a test does, without a server. */
  async function ask(path: string, init?: RequestInit): Promise<{ status: number; body: string }> {
    const response = await application.request(path, init);
    return { status: response.status, body: await response.text() };
  }

  /** The route and status of each series, and how many requests it has. */
  const routes = (): Record<string, number> =>
    Object.fromEntries(
      recorder
        .series(`${duration}_count`)
        .map(({ labels, value }) => [`${labels['http_route']} ${labels['http_response_status_code']}`, value]),
    );
  const inFlight = () => recorder.series(active).map(({ value }) => value);
  const bytes = () => recorder.series(`${size}_sum`).map(({ value }) => value);

  it('records pattern, status, size and the end of the request without a server', async () => {
    application.get('/teams/:team', (context) => context.text('a team'));
    expect(await ask('/teams/a')).to.deep.equal({ status: 200, body: 'a team' });
    await ask('/teams/b?page=1');
    expect(routes()).to.deep.equal({ '/teams/:team 200': 2 });
    expect(bytes()).to.deep.equal([12]);
    expect(inFlight()).to.deep.equal([0]);
  });

  it('records the 500 that Hono answers with where a handler returns nothing', async () => {
    application.get('/nothing', (async () => undefined) as never);
    application.onError((_error, context) => context.text('nothing', 500));
    expect((await ask('/nothing')).status).to.equal(500);
    expect(routes()).to.deep.equal({ '/nothing 500': 1 });
    expect(inFlight()).to.deep.equal([0]);
  });

  it('stays in flight until the body of the answer has been read', async () => {
    application.get('/stream', (context) =>
      context.body(
        new ReadableStream({
          start(controller) {
            for (const part of ['one ', 'two']) controller.enqueue(new TextEncoder().encode(part));
            controller.close();
          },
        }),
      ),
    );
    const response = await application.request('/stream');
    expect(inFlight()).to.deep.equal([1]);
    expect(await response.text()).to.equal('one two');
    expect(inFlight()).to.deep.equal([0]);
    expect(bytes()).to.deep.equal([7]);
  });

  it('ends where the reader of the answer cancels it, and where the body fails', async () => {
    let cancelled: unknown;
    application.get('/endless', (context) =>
      context.body(
        new ReadableStream({
          pull: (controller) => controller.enqueue(new Uint8Array(10)),
          cancel: (reason) => {
            cancelled = reason;
          },
        }),
      ),
    );
    application.get('/failing', (context) =>
      context.body(new ReadableStream({ pull: (controller) => controller.error(new Error('disk gone')) })),
    );
    await (await application.request('/endless')).body?.cancel('enough');
    expect(cancelled).to.equal('enough');
    const failure = await (await application.request('/failing')).text().catch((error: Error) => error.message);
    expect(failure).to.equal('disk gone');
    expect(routes()).to.deep.equal({ '/endless 200': 1, '/failing 200': 1 });
    expect(inFlight()).to.deep.equal([0]);
  });

  it('records an answer without a body, and leaves its headers as they are', async () => {
    application.delete('/teams/:team', (context) => {
      context.header('x-team', 'a');
      context.header('set-cookie', 'a=1', { append: true });
      context.header('set-cookie', 'b=2', { append: true });
      return context.body(null, 204);
    });
    application.get('/json', (context) => {
      context.header('set-cookie', 'a=1', { append: true });
      context.header('set-cookie', 'b=2', { append: true });
      return context.json({ a: 1 });
    });
    const response = await application.request('/teams/a', { method: 'DELETE' });
    expect([response.status, response.headers.get('x-team')]).to.deep.equal([204, 'a']);
    const json = await application.request('/json');
    expect(json.headers.getSetCookie()).to.deep.equal(['a=1', 'b=2']);
    expect(json.headers.get('content-type')).to.equal('application/json');
    expect(await json.json()).to.deep.equal({ a: 1 });
    expect(routes()).to.deep.equal({ '/teams/:team 204': 1, '/json 200': 1 });
  });

  it('records the status of a handler that throws, by the error handler of whichever application', async () => {
    application.onError((_error, context) => context.text('later', 503));
    application.get('/broken/:id', () => {
      throw new Error('no database');
    });
    application.get('/forbidden/:id', () => {
      throw new HTTPException(403);
    });
    const inner = new Hono().get('/broken/:id', async () => {
      throw new Error('no database');
    });
    inner.onError((_error, context) => context.text('inner', 418));
    application.route('/inner/:x', inner);
    for (const path of ['/broken/1', '/broken/2', '/inner/1/broken/2', '/forbidden/1']) await ask(path);
    expect(routes()).to.deep.equal({
      '/broken/:id 503': 2,
      '/inner/:x/broken/:id 418': 1,
      '/forbidden/:id 503': 1,
    });
  });

  it('counts a request as over where what was thrown reaches the server', async () => {
    application.get('/broken', () => {
      throw 'a string';
    });
    const thrown = await ask('/broken').catch((error: unknown) => error);
    expect(thrown).to.equal('a string');
    expect(inFlight()).to.deep.equal([0]);
  });

  it('makes one series of all paths that match no route, beside other middleware too', async () => {
    application.use('/api/*', (_context, next) => next());
    application.post('/api/teams', (context) => context.text('made'));
    for (const path of ['/x', '/.env', '/api/teams', '/api/1']) expect((await ask(path)).status).to.equal(404);
    const series = Object.entries(routes());
    expect(series).to.have.length(1);
    expect(series[0]?.[0]).to.match(/^(undefined|unmatched) 404$/);
    expect(series[0]?.[1]).to.equal(4);
  });

  it('has the route behind a middleware that answers in its place', async () => {
    application.use('/api/*', async (context, next) => {
      if (context.req.header('authorization') === undefined) return context.text('who?', 401);
      return next();
    });
    application.get('/api/teams/:team', (context) => context.text('a team'));
    await ask('/api/teams/a');
    await ask('/api/teams/b', { headers: { authorization: 'x' } });
    expect(routes()).to.deep.equal({ '/api/teams/:team 401': 1, '/api/teams/:team 200': 1 });
  });

  it('has the paths of basePath(), route() and nested applications', async () => {
    const deep = new Hono().get('/members/:member', (context) => context.text('a member'));
    const middle = new Hono().route('/teams/:team', deep);
    application.route('/api/:version', middle);
    application.basePath('/base/:x').get('/y/:y', (context) => context.text('y'));
    application.all('/any/:id', (context) => context.text('any'));
    application.on(['GET', 'PURGE'], ['/on/:a', '/on/:a/b'], (context) => context.text('on'));
    application.get('/optional/:type?', (context) => context.text('optional'));
    application.get('/posts/:id{[0-9]+}', (context) => context.text('post'));
    for (let i = 0; i < 1000; i++) await ask(`/api/${i}/teams/teams/members/${i}`);
    for (const path of ['/base/1/y/2', '/any/1', '/on/1/b', '/optional', '/optional/cat', '/posts/12']) await ask(path);
    expect(routes()).to.deep.equal({
      '/api/:version/teams/:team/members/:member 200': 1000,
      '/base/:x/y/:y 200': 1,
      '/any/:id 200': 1,
      '/on/:a/b 200': 1,
      '/optional/:type? 200': 2,
      '/posts/:id{[0-9]+} 200': 1,
    });
  });

  it('has the last route that ran where one calls next()', async () => {
    application.get('/a/:x', (_context, next) => next());
    application.get('/a/:y', (context) => context.text('y'));
    application.get('/a/:z', (context) => context.text('z'));
    await ask('/a/1');
    expect(routes()).to.deep.equal({ '/a/:y 200': 1 });
  });

  it('counts no body for a HEAD', async () => {
    application.get('/teams/:team', (context) => context.text('a team'));
    expect((await ask('/teams/a', { method: 'HEAD' })).status).to.equal(200);
    expect(inFlight().every((value) => value === 0)).to.equal(true);
    expect(Object.values(routes())).to.deep.equal([1]);
    expect(bytes()).to.deep.equal([0]);
  });

  it('takes the route from the option "route"', async () => {
    application = new Hono();
    application.use(measure({ route: (_context, pattern) => pattern ?? '(middleware)' }));
    application.use('/static/*', async (context, _next) => context.text('a file'));
    await ask('/static/a');
    expect(routes()).to.deep.equal({ '(middleware) 200': 1 });
  });

  it('counts a request once where the middleware is used twice', async () => {
    application.use(measure());
    application.get('/teams/:team', (context) => context.text('a team'));
    expect((await ask('/teams/a')).body).to.equal('a team');
    expect(routes()).to.deep.equal({ '/teams/:team 200': 1 });
  });

  it('names every option that is wrong', () => {
    const options = { route: '/teams', names: 'mine', routes: [] } as unknown as HonoMetricsOptions;
    expect(() => httpMetrics(recorder, options))
      .to.throw()
      .with.property('message')
      .that.matches(/route/)
      .and.matches(/names/)
      .and.matches(/routes/);
  });
});
