import { request as httpRequest } from 'node:http';
import { expect } from 'chai';
import express, { type ErrorRequestHandler, type Express, type RequestHandler, type Router } from 'express';
import { type ExpressMetricsOptions, httpMetrics } from '../../../lib/adapters/express/index.js';
import { MemoryRecorder } from '../../../lib/testing/index.js';
import { serveApplication } from '../../http/contract-application.js';
import { pipeline } from '../../http/contract-client.js';
import { active, duration } from '../../http/measured-application.js';
import type { ContractApplication } from '../../http/request-contract.suite.js';
import { until } from '../../until.js';
import { express4 } from './express-4.js';

const answer: RequestHandler = (_request, response) => {
  response.send('answer');
};

const pass: RequestHandler = (_request, _response, next) => next();

const fail: RequestHandler = () => {
  throw new Error('no database');
};

const answerError: ErrorRequestHandler = (_error, _request, response, _next) => {
  response.status(503).send('later');
};

for (const [name, framework] of [
  ['Express 5', express],
  ['Express 4', express4],
] as const) {
  describe(`The route of a request in ${name}`, () => {
    let application: Express;
    let recorder: MemoryRecorder;
    let served: ContractApplication | undefined;

    const router = (options?: express.RouterOptions): Router => framework.Router(options);

    const start = (options?: ExpressMetricsOptions): void => {
      recorder = new MemoryRecorder({ strict: true });
      application = framework();
      application.set('env', 'test');
      application.use(httpMetrics(recorder, options));
    };

    beforeEach(() => start());

    afterEach(async () => {
      await served?.close();
      served = undefined;
    });

    async function ask(path: string, method = 'GET'): Promise<number | undefined> {
      served ??= await serveApplication(application);
      const { port } = served;
      const status = await new Promise<number | undefined>((resolve, reject) => {
        const sent = httpRequest({ host: '127.0.0.1', port, path, method, agent: false }, (response) => {
          response.resume().on('end', () => resolve(response.statusCode));
        });
        sent.on('error', reject).end();
      });
      await until(() => recorder.series(active).every(({ value }) => value === 0));
      return status;
    }

    /** The route and status of each series, and how many requests it has. */
    const routes = (): Record<string, number> =>
      Object.fromEntries(
        recorder
          .series(`${duration}_count`)
          .map(({ labels, value }) => [`${labels['http_route']} ${labels['http_response_status_code']}`, value]),
      );

    it('stays one for a thousand values of the parameters of nested mounts', async () => {
      const posts = router({ mergeParams: true }).get('/posts/:post', answer);
      const users = router({ mergeParams: true }).use('/users/:user', posts);
      application.use('/tenants/:tenant', users);
      served = await serveApplication(application);
      const requests = Array.from({ length: 1000 }, (_, i) => ({ path: `/tenants/${i}/users/users/posts/${i}` }));
      expect(await pipeline(served.port, requests)).to.deep.equal({ 200: 1000 });
      await until(() => recorder.series(active).every(({ value }) => value === 0));
      expect(routes()).to.deep.equal({ '/tenants/:tenant/users/:user/posts/:post 200': 1000 });
    });

    it('stays the same where an error handler of the application answers', async () => {
      application.use('/users/:user', router({ mergeParams: true }).get('/posts/:post', fail));
      application.use(answerError);
      for (const id of [1, 2, 3]) expect(await ask(`/users/${id}/posts/4`)).to.equal(503);
      expect(routes()).to.deep.equal({ '/users/:user/posts/:post 503': 3 });
    });

    it('stays the same where an error handler of the router or of a route answers', async () => {
      const users = router().get('/a/:id', fail).get('/b/:id', fail, answerError).use(answerError);
      application.use('/users', users);
      await ask('/users/a/1');
      await ask('/users/b/1');
      expect(routes()).to.deep.equal({ '/users/a/:id 503': 1, '/users/b/:id 503': 1 });
    });

    it('equals the one path of a list that matched, of routes and of mounts', async () => {
      application.get(['/a', '/b/:id', ['/c']] as string[], answer);
      application.use(['/v1', '/versions/:version'], router().get(['/x/:x', '/y'], answer));
      for (const path of ['/a', '/b/1', '/b/2', '/c', '/v1/x/1', '/versions/7/y', '/versions/8/y']) await ask(path);
      expect(routes()).to.deep.equal({
        '/a 200': 1,
        '/b/:id 200': 2,
        '/c 200': 1,
        '/v1/x/:x 200': 1,
        '/versions/:version/y 200': 2,
      });
    });

    it('equals the text of a regular expression, of a route and of a mount', async () => {
      application.get(/^\/files\/(.+)$/, answer);
      application.use(/^\/v(\d+)/, router().get('/teams/:team', answer));
      application.get(['/one', /^\/two(\d)$/], answer);
      for (const path of ['/files/a/b', '/files/c', '/v1/teams/a', '/v2/teams/b', '/one', '/two3']) await ask(path);
      expect(routes()).to.deep.equal({
        [`${/^\/files\/(.+)$/} 200`]: 2,
        [`${/^\/v(\d+)/}/teams/:team 200`]: 2,
        '/one 200': 1,
        [`${/^\/two(\d)$/} 200`]: 1,
      });
    });

    it('equals the path of the mount where the route is the root of a router', async () => {
      application.get('/', answer);
      application.use('/teams', router().get('/', answer));
      for (const path of ['/', '/teams', '/teams/', '/TEAMS?page=1']) await ask(path);
      expect(routes()).to.deep.equal({ '/ 200': 1, '/teams 200': 3 });
    });

    it('equals that of the mount that the request took where a router is mounted twice', async () => {
      const members = router().get('/members/:member', answer);
      application.use('/teams/:team', members);
      application.use('/groups/:group', members);
      for (const path of ['/teams/a/members/1', '/groups/b/members/1', '/groups/c/members/2']) await ask(path);
      expect(routes()).to.deep.equal({
        '/teams/:team/members/:member 200': 1,
        '/groups/:group/members/:member 200': 2,
      });
    });

    it('equals that of the mount that the request took where an application is mounted twice', async () => {
      const members = framework();
      members.get('/members/:member', answer);
      application.use('/teams/:team', members);
      application.use('/groups/:group', members);
      for (const path of ['/groups/b/members/1', '/teams/a/members/1', '/groups/c/members/2']) await ask(path);
      expect(routes()).to.deep.equal({
        '/teams/:team/members/:member 200': 1,
        '/groups/:group/members/:member 200': 2,
      });
    });

    it('includes the paths of applications within applications, also where an outer one answers errors', async () => {
      const inner = framework();
      inner.get('/teams/:team', answer);
      inner.get('/broken/:id', fail);
      const middle = framework();
      middle.use('/inner/:x', inner);
      application.use('/other', framework());
      application.use('/middle', middle);
      application.use(answerError);
      for (const path of ['/middle/inner/1/broken/1', '/middle/inner/2/broken/2', '/middle/inner/3/teams/a']) {
        await ask(path);
      }
      expect(routes()).to.deep.equal({
        '/middle/inner/:x/broken/:id 503': 2,
        '/middle/inner/:x/teams/:team 200': 1,
      });
    });

    it('never has the values of mounts around the application that measures', async () => {
      const inner = framework();
      inner.use(httpMetrics(recorder));
      inner.get('/teams/:team', answer);
      application = framework();
      application.use('/tenants/:tenant', router().use('/inner', inner));
      for (const tenant of [1, 2]) await ask(`/tenants/${tenant}/inner/teams/a`);
      expect(routes()).to.deep.equal({ '/teams/:team 200': 2 });
    });

    it('includes the path of an application in a router of the one that measures', async () => {
      const inner = framework();
      inner.get('/teams/:team', answer);
      application.use('/a/:b', router().use('/c', inner));
      await ask('/a/1/c/teams/x');
      expect(routes()).to.deep.equal({ '/a/:b/c/teams/:team 200': 1 });
    });

    it('includes the path of a mount whose router is called by a function', async () => {
      const teams = router({ mergeParams: true }).get('/teams/:team', answer);
      application.use('/tenants/:tenant', (request, response, next) => teams(request, response, next));
      for (const id of [1, 2]) await ask(`/tenants/${id}/teams/a`);
      expect(routes()).to.deep.equal({ '/tenants/:tenant/teams/:team 200': 2 });
    });

    it('equals the last route that ran, where one calls next(), next("route") or next("router")', async () => {
      application.get('/a/:x', pass).get('/a/:y', answer);
      application.get('/b/:x', (_request, _response, next) => next('route'), fail).get('/b/:y', answer);
      application.use(
        '/c/:x',
        router().get('/:y', (_request, _response, next) => next('router'), fail),
      );
      application.get('/c/:x/:z', answer);
      for (const path of ['/a/1', '/b/1', '/c/1/2']) expect(await ask(path), path).to.equal(200);
      expect(routes()).to.deep.equal({ '/a/:y 200': 1, '/b/:y 200': 1, '/c/:x/:z 200': 1 });
    });

    it('equals the route whose parameter a param() callback refused', async () => {
      application.param('team', (_request, _response, next) => next(new Error('no such team')));
      application.get('/teams/:team', answer);
      application.use(answerError);
      for (const team of ['a', 'b']) await ask(`/teams/${team}`);
      expect(routes()).to.deep.equal({ '/teams/:team 503': 2 });
    });

    it('stays absent where a middleware answers itself and where nothing matches', async () => {
      application.use('/static', answer);
      application.post('/teams/:team', answer);
      for (const path of ['/static/a', '/static/b']) expect(await ask(path)).to.equal(200);
      for (const path of ['/x', '/.env', '/teams/a', '/%zz']) expect(await ask(path)).to.be.oneOf([400, 404]);
      expect(await ask('/teams/a', 'HEAD')).to.equal(404);
      const series = recorder.series(`${duration}_count`);
      for (const { labels } of series) expect(labels['http_route']).to.be.oneOf([undefined, 'unmatched']);
      expect(series.reduce((sum, { value }) => sum + value, 0)).to.equal(7);
    });

    it('equals what the option "route" returns', async () => {
      start({ route: (request, pattern) => pattern ?? (request.url?.startsWith('/') ? '(middleware)' : undefined) });
      application.get('/teams/:team', answer);
      application.use('/static', answer);
      await ask('/teams/a');
      await ask('/static/a');
      expect(routes()).to.deep.equal({ '/teams/:team 200': 1, '(middleware) 200': 1 });
    });

    it('equals the pattern also where a middleware rewrites the URL', async () => {
      application.use((request, _response, next) => {
        request.url = request.url.replace('/old', '/new');
        next();
      });
      const members = router().get(['/members/:member', '/people/:person'], answer);
      application.use('/new/:id', members);
      await ask('/old/1/members/2');
      await ask('/old/1/people/2');
      expect(routes()).to.deep.equal({ '/new/:id/members/:member 200': 1, '/new/:id/people/:person 200': 1 });
    });

    it('leaves request.route, its keys and its descriptor to the application', async () => {
      const seen: unknown[] = [];
      application.get('/teams/:team', (request, response) => {
        seen.push(request.route.path, Object.keys(request).includes('route'), { ...request }.route === request.route);
        (request as { route: unknown }).route = { path: 'mine' };
        seen.push(request.route.path);
        response.end();
      });
      await ask('/teams/a');
      expect(seen).to.deep.equal(['/teams/:team', true, true, 'mine']);
    });

    it('counts once in each recorder where the middleware is used twice', async () => {
      const second = new MemoryRecorder();
      application.use(httpMetrics(recorder));
      application.use(httpMetrics(second));
      application.get('/teams/:team', answer);
      await ask('/teams/a');
      expect(routes()).to.deep.equal({ '/teams/:team 200': 1 });
      expect(second.series(`${duration}_count`).map(({ labels }) => labels['http_route'])).to.deep.equal([
        '/teams/:team',
      ]);
    });
  });
}

describe('httpMetrics() for Express', () => {
  it('names every option that is wrong', () => {
    const options = { route: '/teams', names: 'mine', routes: [] } as unknown as ExpressMetricsOptions;
    expect(() => httpMetrics(new MemoryRecorder(), options))
      .to.throw()
      .with.property('message')
      .that.matches(/route/)
      .and.matches(/names/)
      .and.matches(/routes/);
  });
});
