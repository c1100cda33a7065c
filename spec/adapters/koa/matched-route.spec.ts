import Router from '@koa/router';
import { expect } from 'chai';
import { labels, MeasuredApplication } from '../../http/measured-application.js';

describe('matchedRoute()', () => {
  let app: MeasuredApplication;

  beforeEach(() => {
    app = new MeasuredApplication();
  });

  afterEach(() => app.close());

  it('returns the pattern that matched, for every path', async () => {
    const router = new Router().get('/teams/:team/clusters/:id', (context) => {
      context.body = context['params'];
    });
    await app.serve(router.routes());
    await app.ask('/teams/payments/clusters/1');
    await app.ask('/teams/checkout/clusters/2?token=secret');
    expect(app.measured).to.deep.equal([{ labels: labels('GET', '/teams/:team/clusters/:id', '200'), value: 2 }]);
  });

  it('includes the prefixes of nested routers', async () => {
    const clusters = new Router({ prefix: '/clusters' }).get('/:id', (context) => {
      context.body = 'a cluster';
    });
    const teams = new Router({ prefix: '/teams/:team' });
    teams.use(clusters.routes());
    const api = new Router();
    api.use('/api', teams.routes());
    await app.serve(api.routes());
    expect((await app.ask('/api/teams/payments/clusters/7')).status).to.equal(200);
    expect(await app.onlyMeasured()).to.deep.equal(labels('GET', '/api/teams/:team/clusters/:id', '200'));
  });

  it('returns the route of the second router when the first has the path but not the method', async () => {
    const readers = new Router().get('/items/:id', () => undefined);
    const writers = new Router().put('/items/:key', (context) => {
      context.status = 204;
    });
    await app.serve(readers.routes(), writers.routes());
    await app.ask('/items/7', 'PUT');
    expect(await app.onlyMeasured()).to.deep.equal(labels('PUT', '/items/:key', '204'));
  });

  it('returns the route that ran when several match', async () => {
    const router = new Router()
      .get('/teams/:team', (context) => {
        context.body = 'a team';
      })
      .get('/teams/new', () => undefined);
    await app.serve(router.routes());
    await app.ask('/teams/new');
    expect(await app.onlyMeasured()).to.deep.equal(labels('GET', '/teams/:team', '200'));
  });

  it('returns the last route that ran when one calls the next', async () => {
    const router = new Router()
      .get('/teams/:team', (_context, next) => next())
      .get('/teams/new', (context) => {
        context.body = 'a form';
      })
      .get('/teams/{*rest}', () => undefined);
    await app.serve(router.routes());
    await app.ask('/teams/new');
    expect(await app.onlyMeasured()).to.deep.equal(labels('GET', '/teams/new', '200'));
  });

  it('returns the route behind a middleware of the router that responds in its place', async () => {
    const router = new Router();
    router.use((context) => context.throw(401));
    router.put('/teams/:name', () => undefined);
    router.get('/teams/:team', () => undefined);
    await app.serve(router.routes());
    await app.ask('/teams/payments');
    expect(await app.onlyMeasured()).to.deep.equal(labels('GET', '/teams/:team', '401'));
  });

  it('returns one value for all paths that match no route', async () => {
    await app.serve(new Router().get('/', () => undefined).routes());
    for (const path of ['/wp-login.php', '/.env', '/a%00b', '/unmatched']) await app.ask(path);
    expect(app.measured).to.deep.equal([{ labels: labels('GET', '', '404'), value: 4 }]);
  });

  it('returns the pattern without its escapes', async () => {
    const router = new Router().get('/v3/discovery\\:clusters', (context) => {
      context.body = 'clusters';
    });
    await app.serve(router.routes());
    await app.ask('/v3/discovery:clusters');
    expect(await app.onlyMeasured()).to.deep.equal(labels('GET', '/v3/discovery:clusters', '200'));
  });

  it('returns the text of a regular expression', async () => {
    await app.serve(
      new Router()
        .get(/^\/v(\d+)$/, (context) => {
          context.body = 'a version';
        })
        .routes(),
    );
    await app.ask('/v12');
    expect(await app.onlyMeasured()).to.deep.equal(labels('GET', String(/^\/v(\d+)$/), '200'));
  });
});
