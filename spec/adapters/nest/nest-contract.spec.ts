import 'reflect-metadata';
import { Controller, Get, type INestApplication, Module, Post, Res, StreamableFile } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { MetricsModule } from '../../../lib/adapters/nest/index.js';
import { broken, certificate, streamed } from '../../http/contract-application.js';
import { itMeasuresRequests, type Transport } from '../../http/request-contract.suite.js';

@Controller()
class ContractController {
  @Get('teams/:team')
  team(): string {
    return 'a team';
  }

  @Post('teams')
  make(): string {
    return 'made';
  }

  @Get('broken')
  broken(): never {
    throw new Error('no database');
  }

  @Get('stream')
  stream(): StreamableFile {
    return new StreamableFile(streamed());
  }

  @Get('cut')
  // biome-ignore lint/suspicious/noExplicitAny: the response of Express, or the reply of Fastify.
  cut(@Res() response: any): void {
    if (response.raw === undefined) {
      broken()
        .once('error', () => response.destroy())
        .pipe(response);
    } else response.send(broken());
  }

  @Get('slow')
  slow(): Promise<never> {
    return new Promise(() => undefined);
  }
}

@Controller('api/:version')
class MembersController {
  @Get('members/:member')
  member(): string {
    return 'a member';
  }
}

for (const [name, createAdapter] of [
  ['Nest on Express', () => new ExpressAdapter()],
  [
    'Nest on Fastify',
    (transport: Transport) => new FastifyAdapter(transport === 'https' ? { https: certificate() } : {}),
  ],
] as const) {
  itMeasuresRequests({
    name,
    transports: ['https'],
    start: async (recorder, requests, transport) => {
      @Module({
        imports: [MetricsModule.forRoot({ recorder: recorder as never, server: false, requests })],
        controllers: [ContractController, MembersController],
      })
      class AppModule {}
      const application = await NestFactory.create<INestApplication>(AppModule, createAdapter(transport), {
        logger: false,
        forceCloseConnections: true,
        ...(transport === 'https' && { httpsOptions: certificate() }),
      });
      await application.listen(0, '127.0.0.1');
      const { port } = application.getHttpServer().address();
      return {
        port,
        close: () => {
          application.getHttpServer().closeAllConnections();
          return application.close();
        },
      };
    },
  });
}
