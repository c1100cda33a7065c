import * as main from 'flowplane-metrics';
import * as dashboard from 'flowplane-metrics/dashboard';
import * as express from 'flowplane-metrics/express';
import * as fastify from 'flowplane-metrics/fastify';
import * as hono from 'flowplane-metrics/hono';
import * as http from 'flowplane-metrics/http';
import * as inversify from 'flowplane-metrics/inversify';
import * as koa from 'flowplane-metrics/koa';
import * as nest from 'flowplane-metrics/nest';
import * as otlp from 'flowplane-metrics/otlp';
import * as processes from 'flowplane-metrics/processes';
import * as promql from 'flowplane-metrics/promql';
import * as pushgateway from 'flowplane-metrics/pushgateway';
import * as serve from 'flowplane-metrics/serve';
import * as testing from 'flowplane-metrics/testing';
import * as chai from 'flowplane-metrics/testing/chai';
import * as jest from 'flowplane-metrics/testing/jest';
import * as vitest from 'flowplane-metrics/testing/vitest';

export const entries: readonly object[] = [
  ...[main, dashboard, express, fastify, hono, http, inversify, koa, nest],
  ...[otlp, processes, promql, pushgateway, serve, testing],
  ...[chai, jest, vitest],
];
