import 'reflect-metadata';
import { Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { expect } from 'chai';
import { MetricsModule, type MetricsModuleOptions } from '../../../lib/adapters/nest/index.js';
import { Counter } from '../../../lib/index.js';
import { readOtlp } from '../../otlp/read-otlp.js';
import { FaultyReceiver } from '../../sending/faulty-receiver.js';

@Injectable()
class Postman {
  @Counter({ name: 'letters_total', help: 'Letters' })
  deliver(): void {}
}

describe('A Nest application that sends over OTLP', () => {
  const receiver = new FaultyReceiver();
  before(() => receiver.start());
  after(() => receiver.stop());

  const parts: Readonly<Record<string, MetricsModuleOptions>> = {
    'a metrics server': { server: { port: 0, processMetrics: false } },
    'no metrics server': { server: false },
  };
  for (const [what, options] of Object.entries(parts)) {
    it(`sends once what its providers count, and stops when it closes, with ${what}`, async () => {
      receiver.reset();
      @Module({
        imports: [MetricsModule.forRoot({ ...options, otlp: { endpoint: receiver.url, announce: false } })],
        providers: [Postman],
      })
      class AppModule {}
      const context = await NestFactory.createApplicationContext(AppModule, { logger: false });
      context.get(Postman).deliver();
      await context.close();
      expect(receiver.received).to.have.length(1);
      const metrics = receiver.received.flatMap((one) => readOtlp(one).metrics);
      const letters = metrics.find(({ name }) => name === 'letters');
      expect(letters?.points.map(({ asDouble }) => asDouble)).to.deep.equal([1]);
    });
  }

  for (const [what, options] of Object.entries(parts)) {
    it(`sends what its providers count where OTEL_METRICS_EXPORTER alone says so, with ${what}`, async () => {
      receiver.reset();
      const variables = { OTEL_METRICS_EXPORTER: 'otlp', OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url };
      Object.assign(process.env, variables);
      try {
        @Module({ imports: [MetricsModule.forRoot(options)], providers: [Postman] })
        class AppModule {}
        const context = await NestFactory.createApplicationContext(AppModule, { logger: false });
        context.get(Postman).deliver();
        await context.close();
      } finally {
        for (const name of Object.keys(variables)) delete process.env[name];
      }
      const metrics = receiver.received.flatMap((one) => readOtlp(one).metrics);
      expect(metrics.map(({ name }) => name)).to.include('letters');
    });
  }

  it('refuses wrong options by name', () => {
    expect(() => MetricsModule.forRoot({ otlp: 'yes' as never })).to.throw('"otlp" must be true, false or the options');
    expect(() => MetricsModule.forRoot({ otlp: { endpoint: 'x' } })).to.throw('"endpoint" must be an http://');
  });
});
