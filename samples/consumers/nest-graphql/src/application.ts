import 'reflect-metadata';
import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import { type INestApplication, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { EventEmitterModule } from '@nestjs/event-emitter';
import { GraphQLModule } from '@nestjs/graphql';
import { ScheduleModule } from '@nestjs/schedule';
import { MetricsModule } from 'flowplane-metrics/nest';
import { OrderJobs, OrderResolver } from './orders.js';

@Module({
  imports: [
    MetricsModule.forRoot({
      path: '/internal/metrics',
      requests: {
        // Why: Apollo is middleware of Express, and has no route.
        route: ({ originalUrl }, pattern) => pattern ?? (originalUrl?.startsWith('/graphql') ? '/graphql' : undefined),
      },
    }),
    GraphQLModule.forRoot<ApolloDriverConfig>({ driver: ApolloDriver, autoSchemaFile: true }),
    EventEmitterModule.forRoot(),
    ScheduleModule.forRoot(),
  ],
  providers: [OrderResolver, OrderJobs],
})
class ApplicationModule {}

export const createApplication = (): Promise<INestApplication> =>
  NestFactory.create(ApplicationModule, { logger: ['error'] });
