import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';

const root = fileURLToPath(new URL('../../../../', import.meta.url));
const run = promisify(execFile);

/** A program that is the same in every version of Nest. Its decorators are calls, so that no compiler is needed. */
const program = `
import 'reflect-metadata';
import { Controller, Get, Inject, Injectable, Module, Scope } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import * as platform from '@nestjs/platform-PLATFORM';
import { Counter, instrumentMethod } from 'flowplane-metrics';
import { MetricsModule } from 'flowplane-metrics/nest';

class Basket { fill() { return 'filled'; } }
Injectable({ scope: Scope.REQUEST })(Basket);
instrumentMethod(Basket.prototype, 'fill', Counter({ name: 'baskets_total', help: 'Baskets' }));

class BasketController {
  constructor(basket) { this.basket = basket; }
  fill() { return this.basket.fill(); }
}
Inject(Basket)(BasketController, undefined, 0);
Controller('baskets')(BasketController);
const descriptor = Object.getOwnPropertyDescriptor(BasketController.prototype, 'fill');
Get(':id')(BasketController.prototype, 'fill', descriptor);

class AppModule {}
Module({
  imports: [MetricsModule.forRoot({ path: '/metrics', server: { port: 0 } })],
  controllers: [BasketController],
  providers: [Basket],
})(AppModule);

const Adapter = platform.ExpressAdapter ?? platform.FastifyAdapter;
const application = await NestFactory.create(AppModule, new Adapter(), { logger: ['error'], forceCloseConnections: true });
application.setGlobalPrefix('api');
await application.listen(0, '127.0.0.1');
const origin = \`http://127.0.0.1:\${application.getHttpServer().address().port}\`;
const read = async (url) => (await fetch(url)).text();
const answer = await read(\`\${origin}/api/baskets/1\`);
await read(\`\${origin}/nothing\`);
let lines = [];
while (!lines.some((line) => line.includes('status_code="404"'))) lines = (await read(\`\${origin}/metrics\`)).split('\\n');
const { url } = application.get(MetricsModule).address;
const elsewhere = (await read(url)).split('\\n').filter((line) => line.startsWith('baskets_total'));
await application.close();
const counts = lines.filter((line) => /^baskets_total|duration_seconds_count/.test(line));
console.log(JSON.stringify({ answer, counts, elsewhere }));
`;

const duration = (labels: string): string =>
  `http_server_request_duration_seconds_count{http_request_method="GET",url_scheme="http",${labels}} 1`;

describe('MetricsModule, packed and installed', function () {
  this.timeout(240_000);
  let folder: string;
  let tarball: string;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'nest-versions-'));
    const pack = ['pack', '--json', '--ignore-scripts', '--pack-destination', folder];
    const { stdout } = await run('npm', pack, { cwd: root });
    tarball = join(folder, JSON.parse(stdout)[0].filename);
  });

  after(() => rmSync(folder, { recursive: true }));

  for (const version of [10, 11, 12]) {
    it(`gives the same series in Nest ${version}, on Express and on Fastify`, async () => {
      const project = join(folder, `nest-${version}`);
      mkdirSync(project);
      writeFileSync(join(project, 'package.json'), '{ "type": "module", "private": true }');
      const names = ['common', 'core', 'platform-express', 'platform-fastify'];
      const packages = names.map((name) => `@nestjs/${name}@${version}`);
      const options = ['--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline', '--silent'];
      await run('npm', ['install', ...options, ...packages, 'rxjs@7', 'reflect-metadata@0.2', tarball], {
        cwd: project,
      });
      for (const platform of ['express', 'fastify']) {
        const file = join(project, `${platform}.mjs`);
        writeFileSync(file, program.replace('PLATFORM', platform));
        const { stdout } = await run(process.execPath, [file], { cwd: project });
        expect(JSON.parse(stdout), platform).to.deep.equal({
          answer: 'filled',
          counts: [
            ...['baskets_total 1'],
            duration('http_route="/api/baskets/:id",http_response_status_code="200"'),
            duration('http_response_status_code="404"'),
          ],
          elsewhere: ['baskets_total 1'],
        });
      }
    });
  }

  it('names Nest and the command that installs it, where it is absent', async () => {
    const project = join(folder, 'without-nest');
    mkdirSync(project);
    writeFileSync(join(project, 'package.json'), '{ "type": "module", "private": true }');
    await run('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--silent', tarball], { cwd: project });
    const text = `import { MetricsModule } from 'flowplane-metrics/nest';
await MetricsModule.forRoot().catch(({ message }) => console.log(message));`;
    writeFileSync(join(project, 'program.mjs'), text);
    const { stdout } = await run(process.execPath, ['program.mjs'], { cwd: project });
    expect(stdout)
      .to.contain('packages "@nestjs/common" and "@nestjs/core" are needed for MetricsModule')
      .and.contain('npm install @nestjs/common@11 @nestjs/core@11');
  });
});
