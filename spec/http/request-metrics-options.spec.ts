import { expect } from 'chai';
import { httpMetrics } from '../../lib/adapters/koa/index.js';
import { defineCounter, type MetricsError, NoopRecorder, PrometheusRecorder } from '../../lib/index.js';
import { duration } from './measured-application.js';

describe('httpMetrics() with invalid arguments', () => {
  const refused = (run: () => unknown): MetricsError => {
    try {
      run();
    } catch (error) {
      return error as MetricsError;
    }
    throw new Error('it did not');
  };

  it('reports all invalid options at once', () => {
    const options = { names: 'otel', prefix: '1-', buckets: 5, methods: ['get'], route: '/', path: '/x' };
    Object.assign(options, { unmatchedRoute: '', trustProxy: 1 });
    const error = refused(() => httpMetrics(new NoopRecorder(), options as never));
    expect(error.problems.map(({ code, message }) => [code, message])).to.deep.equal([
      [
        'unknown_option',
        'option "path" is unknown (known: names, prefix, buckets, methods, unmatchedRoute, trustProxy, route). Correct or remove it.',
      ],
      [
        'illegal_option',
        '"names" must be one of "opentelemetry", "express-prom-bundle" (given "otel"). Leave it out for OpenTelemetry\'s.',
      ],
      [
        'illegal_option',
        '"prefix" must begin a metric name (letters, digits, "_" and ":", no digit first) (given "1-"). Write for example "public_api_".',
      ],
      ['illegal_option', '"buckets" must be a list of numbers (given 5). Write [0.1, 1, 10].'],
      [
        'illegal_option',
        '"methods" must be a list of HTTP methods, in capitals (given ["get"]). Write for example ["GET", "PROPFIND"].',
      ],
      [
        'illegal_option',
        '"unmatchedRoute" must be a text that is not empty (given ""). Write for example "unmatched", or leave it out for no route.',
      ],
      [
        'illegal_option',
        '"trustProxy" must be true or false (given 1). Leave it out where clients can reach the server without the proxy.',
      ],
      ['illegal_option', '"route" must be a function (given "/"). Leave it out for @koa/router\'s pattern.'],
    ]);
  });

  it('refuses buckets that do not ascend', () => {
    const error = refused(() => httpMetrics(new NoopRecorder(), { buckets: [2, 1] }));
    expect(error.message).to.contain(
      'httpMetrics: "buckets" must be finite and ascending (given 1 at position 2 of [2, 1])',
    );
  });

  it('refuses options that are no object, and a recorder that is none', () => {
    expect(refused(() => httpMetrics(new NoopRecorder(), 'api_' as never)).message).to.equal(
      'httpMetrics: the options must be an object (given "api_"). Leave them out, or write { … }.',
    );
    expect(refused(() => httpMetrics(new NoopRecorder(), [] as never)).message).to.contain('must be an object');
    expect(refused(() => httpMetrics(undefined as never)).message).to.equal(
      'httpMetrics: "recorder" must be a MetricsRecorder (given undefined). Write httpMetrics(new PrometheusRecorder()), and hand over what that returns.',
    );
  });

  it('refuses a recorder in which another family has one of its names', () => {
    const recorder = new PrometheusRecorder();
    recorder.open(defineCounter({ name: duration, help: 'Something else', advice: false }));
    expect(refused(() => httpMetrics(recorder)).code).to.equal('family_clash');
    httpMetrics(new PrometheusRecorder());
  });
});
