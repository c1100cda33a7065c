import { text } from 'node:stream/consumers';
import { expect } from 'chai';
import fc from 'fast-check';
import { Registry } from 'prom-client';
import { negotiate } from '../../lib/exposition/negotiation.js';
import { type EscapingScheme, escapeLabelName, escapeMetricName } from '../../lib/families/escaping.js';
import {
  attachRecorder,
  Counter,
  defineCounter,
  defineGauge,
  defineHistogram,
  type ExpositionFormat,
  type MetricsError,
  PrometheusRecorder,
  type PrometheusRecorderOptions,
  scrape,
} from '../../lib/index.js';
import { MemoryRecorder } from '../../lib/testing/index.js';
import { scrapeProtobuf } from './read-protobuf.js';

// Facts of github.com/prometheus/common, model/metric_test.go, "TestEscapeName". A name that is legal is written as it is by
// its EscapeMetricFamily, also where EscapeName would double underscores.
const vectors: readonly (readonly [name: string, escaped: Readonly<Record<EscapingScheme, string>>])[] = [
  [
    'no:escaping_required',
    {
      'allow-utf-8': 'no:escaping_required',
      underscores: 'no:escaping_required',
      dots: 'no:escaping_required',
      values: 'no:escaping_required',
    },
  ],
  [
    'mysystem.prod.west.cpu.load',
    {
      'allow-utf-8': 'mysystem.prod.west.cpu.load',
      underscores: 'mysystem_prod_west_cpu_load',
      dots: 'mysystem_dot_prod_dot_west_dot_cpu_dot_load',
      values: 'U__mysystem_2e_prod_2e_west_2e_cpu_2e_load',
    },
  ],
  [
    'mysystem.prod.west.cpu.load_total',
    {
      'allow-utf-8': 'mysystem.prod.west.cpu.load_total',
      underscores: 'mysystem_prod_west_cpu_load_total',
      dots: 'mysystem_dot_prod_dot_west_dot_cpu_dot_load__total',
      values: 'U__mysystem_2e_prod_2e_west_2e_cpu_2e_load__total',
    },
  ],
  [
    'http.status:sum',
    {
      'allow-utf-8': 'http.status:sum',
      underscores: 'http_status:sum',
      dots: 'http_dot_status:sum',
      values: 'U__http_2e_status:sum',
    },
  ],
  [
    'label with 😱',
    {
      'allow-utf-8': 'label with 😱',
      underscores: 'label_with__',
      dots: 'label__with____',
      values: 'U__label_20_with_20__1f631_',
    },
  ],
  ['花火', { 'allow-utf-8': '花火', underscores: '__', dots: '____', values: 'U___82b1__706b_' }],
  [
    'label with Ā',
    {
      'allow-utf-8': 'label with Ā',
      underscores: 'label_with__',
      dots: 'label__with____',
      values: 'U__label_20_with_20__100_',
    },
  ],
  ['1st', { 'allow-utf-8': '1st', underscores: '_st', dots: '__st', values: 'U___31_st' }],
];

describe('The escaping of a name', () => {
  for (const [name, escaped] of vectors) {
    for (const [scheme, expected] of Object.entries(escaped)) {
      it(`writes ${JSON.stringify(name)} as ${JSON.stringify(expected)} by ${scheme}`, () => {
        expect(escapeMetricName(name, scheme as EscapingScheme)).to.equal(expected);
      });
    }
  }

  it('makes every name legal by all schemes but allow-utf-8, and different names different by values', () => {
    const name = fc.string({ unit: 'grapheme', minLength: 1 }).filter((one) => !one.startsWith('U__'));
    fc.assert(
      fc.property(name, name, (a, b) => {
        for (const scheme of ['underscores', 'dots', 'values'] as const) {
          expect(escapeMetricName(a, scheme)).to.match(/^[a-zA-Z_:][a-zA-Z0-9_:]*$/);
          expect(escapeLabelName(a, scheme)).to.match(/^[a-zA-Z_][a-zA-Z0-9_]*$/);
        }
        if (a !== b) expect(escapeMetricName(a, 'values')).not.to.equal(escapeMetricName(b, 'values'));
      }),
    );
  });

  it('escapes a colon in the name of a label only, as no text format takes it there without quotation marks', () => {
    expect(escapeLabelName('a:b', 'underscores')).to.equal('a_b');
    expect(escapeLabelName('a:b', 'dots')).to.equal('a__b');
    expect(escapeLabelName('a:b', 'values')).to.equal('U__a_3a_b');
  });
});

const options: PrometheusRecorderOptions = {
  nameValidation: 'utf8',
  prefix: 'my.',
  constantLabels: { 'service.name': 'shop' },
  created: true,
  onAdvice: () => undefined,
};

function filled(): PrometheusRecorder {
  const recorder = new PrometheusRecorder(options);
  const labels = { 'http.route': {}, code: {} };
  recorder
    .counter(defineCounter({ name: 'http "requests"_total', help: 'R', labels }))
    .inc({ 'http.route': '/"x"', code: 200 });
  recorder.gauge(defineGauge({ name: '温度.celsius', help: 'T', unit: 'celsius' })).set({}, 21.5);
  recorder
    .histogram(defineHistogram({ name: 'wait.seconds', help: 'W', labels: { 'job.kind': {} }, buckets: [1] }))
    .observe({ 'job.kind': 'x' }, 0.5);
  return recorder;
}

const shownTo = async (accept: string, recorder = filled()): Promise<string> => {
  const { body } = await scrape(recorder, { method: 'GET', accept });
  return (await text(body)).replace(/.*flowplane_metrics_.*\n/g, '').replace(/(_created[^ ]*) \S+$/gm, '$1 T');
};

describe('A scrape of names that are not legal everywhere', () => {
  it('has them in quotation marks in text 1.0.0, if the client allows UTF-8', async () => {
    expect(await shownTo('text/plain;version=1.0.0;escaping=allow-utf-8')).to.equal(
      [
        '# HELP "my.http \\"requests\\"_total" R',
        '# TYPE "my.http \\"requests\\"_total" counter',
        '{"my.http \\"requests\\"_total","service.name"="shop","http.route"="/\\"x\\"",code="200"} 1',
        '# HELP "my.温度.celsius" T',
        '# TYPE "my.温度.celsius" gauge',
        '{"my.温度.celsius","service.name"="shop"} 21.5',
        '# HELP "my.wait.seconds" W',
        '# TYPE "my.wait.seconds" histogram',
        '{"my.wait.seconds_bucket","service.name"="shop","job.kind"="x",le="1"} 1',
        '{"my.wait.seconds_bucket","service.name"="shop","job.kind"="x",le="+Inf"} 1',
        '{"my.wait.seconds_sum","service.name"="shop","job.kind"="x"} 0.5',
        '{"my.wait.seconds_count","service.name"="shop","job.kind"="x"} 1',
        '',
      ].join('\n'),
    );
  });

  it('has them so in OpenMetrics 1.0.0, families by its own rules', async () => {
    const shown = (await shownTo('application/openmetrics-text;version=1.0.0;escaping=allow-utf-8')).split('\n');
    expect(shown.slice(0, 5)).to.deep.equal([
      '# TYPE "my.http \\"requests\\"" counter',
      '# HELP "my.http \\"requests\\"" R',
      '{"my.http \\"requests\\"_total","service.name"="shop","http.route"="/\\"x\\"",code="200"} 1',
      '{"my.http \\"requests\\"_created","service.name"="shop","http.route"="/\\"x\\"",code="200"} T',
      '# TYPE "my.温度.celsius" gauge',
    ]);
    expect(shown).to.include('{"my.wait.seconds_bucket","service.name"="shop","job.kind"="x",le="1.0"} 1');
  });

  it('writes a quoted name without labels alone in braces', async () => {
    const recorder = new PrometheusRecorder({ nameValidation: 'utf8', onAdvice: () => undefined });
    recorder.gauge(defineGauge({ name: 'a.b', help: 'A' })).set({}, 1);
    expect(await shownTo('text/plain;version=1.0.0;escaping=allow-utf-8', recorder)).to.contain('\n{"a.b"} 1\n');
  });

  const plain: readonly (readonly [accept: string, line: string])[] = [
    ['text/plain', 'my_wait_seconds_bucket{service_name="shop",job_kind="x",le="1"} 1'],
    ['text/plain;version=0.0.4;escaping=allow-utf-8', 'my_wait_seconds_count{service_name="shop",job_kind="x"} 1'],
    ['text/plain;version=1.0.0', 'my_wait_seconds_count{service_name="shop",job_kind="x"} 1'],
    [
      'application/openmetrics-text;version=0.0.1;escaping=dots',
      'my_wait_seconds_count{service_name="shop",job_kind="x"} 1',
    ],
    [
      'application/openmetrics-text;version=1.0.0;escaping=dots',
      'my_dot_wait_dot_seconds_count{service_dot_name="shop",job_dot_kind="x"} 1',
    ],
    [
      'text/plain;version=1.0.0;escaping=values',
      'U__my_2e_wait_2e_seconds_count{U__service_2e_name="shop",U__job_2e_kind="x"} 1',
    ],
  ];
  for (const [accept, line] of plain) {
    it(`has legal names for Accept: ${accept}`, async () => {
      const shown = await shownTo(accept);
      expect(shown).to.contain(`\n${line}\n`);
      for (const one of shown.trim().split('\n')) {
        expect(one).to.match(/^(# (HELP|TYPE|UNIT) )?[a-zA-Z_:][a-zA-Z0-9_:]*[ {]|^# EOF$/);
      }
    });
  }

  for (const [scheme, names] of Object.entries({
    'allow-utf-8': ['my.wait.seconds', 'service.name', 'job.kind'],
    underscores: ['my_wait_seconds', 'service_name', 'job_kind'],
    dots: ['my_dot_wait_dot_seconds', 'service_dot_name', 'job_dot_kind'],
    values: ['U__my_2e_wait_2e_seconds', 'U__service_2e_name', 'U__job_2e_kind'],
    '': ['my_wait_seconds', 'service_name', 'job_kind'],
  })) {
    it(`has them in Protocol Buffers by the scheme "${scheme}"`, async () => {
      const accept = `application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;escaping=${scheme}`;
      const messages = await scrapeProtobuf(filled(), { accept });
      const wait = messages.find(({ help }) => help === 'W');
      const labels = wait?.metric?.[0]?.label ?? [];
      expect([wait?.name, ...labels.map(({ name }) => name)]).to.deep.equal(names);
    });
  }

  it('finds a family by its own name in ?name[]=', async () => {
    const { body } = await scrape(filled(), { method: 'GET', names: ['my.温度.celsius'] });
    expect(await text(body)).to.contain('\nmy____celsius{service_name="shop"} 21.5\n');
  });

  it('has legal names in an added format, unless that takes others', async () => {
    const names: ExpositionFormat = {
      name: 'names',
      mediaType: 'application/x-names',
      render: (families) => [Buffer.from(families.map(({ name }) => name).join(' '))],
    };
    const takesAll: ExpositionFormat = { ...names, escaping: () => 'allow-utf-8' };
    for (const [format, name] of [
      [names, 'my_wait_seconds'],
      [takesAll, 'my.wait.seconds'],
    ] as const) {
      const recorder = new PrometheusRecorder({ ...options, formats: [format] });
      recorder.open(defineHistogram({ name: 'wait.seconds', help: 'W' }));
      expect(negotiate({ accept: names.mediaType }, recorder.formats).escaping).to.equal(
        format === names ? 'underscores' : 'allow-utf-8',
      );
      const { body } = await scrape(recorder, { method: 'GET', accept: names.mediaType, names: ['my.wait.seconds'] });
      expect(await text(body)).to.equal(name);
    }
  });
});

/** The error of what throws one. */
function errorOf(run: () => unknown): MetricsError {
  try {
    run();
  } catch (error) {
    return error as MetricsError;
  }
  throw new Error('nothing was refused');
}

describe('The option "nameValidation"', () => {
  const route = defineCounter({ name: 'http.requests_total', help: 'R', labels: { 'http.route': {}, '1st': {} } });

  for (const recorder of [new PrometheusRecorder(), new MemoryRecorder()]) {
    it(`refuses by default what only a UTF-8 consumer reads, with the hint how to allow it (${recorder.constructor.name})`, () => {
      const { problems } = errorOf(() => recorder.open(route));
      expect(problems).to.deep.equal([
        {
          code: 'illegal_name',
          message:
            'metric name "http.requests_total" is not legal (allowed: letters, digits, "_" and ":", no digit first). Rename it, for example "http_requests_total", or allow it by nameValidation: "utf8" on the recorder.',
        },
        {
          code: 'illegal_label',
          message:
            'label name "http.route" is not legal (allowed: letters, digits and "_", no digit first, no "__" first). Rename it, for example "http_route", or allow it by nameValidation: "utf8" on the recorder.',
        },
        {
          code: 'illegal_label',
          message:
            'label name "1st" is not legal (allowed: letters, digits and "_", no digit first, no "__" first). Rename it, for example "_1st", or allow it by nameValidation: "utf8" on the recorder.',
        },
      ]);
    });
  }

  it('reports the name at the call of a decorated method, and lets the call through', () => {
    const errors: unknown[] = [];
    const recorder = new PrometheusRecorder({ onError: (error) => errors.push(error) });
    class Service {
      @Counter({ name: 'auth-attempts', help: 'Attempts' })
      run(): number {
        return 5;
      }
    }
    const service = attachRecorder(new Service(), recorder);
    expect([service.run(), service.run()]).to.deep.equal([5, 5]);
    expect(errors).to.have.length(1);
    expect(String(errors[0])).to.match(
      /^MetricsError: @Counter on .*: metric name "auth-attempts" is not legal \(allowed: .*\)\. Rename it, for example "auth_attempts", or allow it by nameValidation: "utf8" on the recorder\.$/,
    );
  });

  it('takes any text with "utf8", by a decorator too, and in a recorder for tests', () => {
    class Service {
      @Counter({ name: 'auth.attempts', help: 'Attempts', labels: { 'user.team': (team: string) => team } })
      run(_team: string): void {}
    }
    const recorder = new MemoryRecorder({ nameValidation: 'utf8' });
    attachRecorder(new Service(), recorder).run('mail');
    expect(recorder.value('auth.attempts', { 'user.team': 'mail' })).to.equal(1);
  });

  it('never takes an empty name, a lone surrogate, or a label that begins with two underscores', () => {
    for (const name of ['', '\ud83d', 5]) {
      expect(errorOf(() => defineCounter({ name: name as string, help: 'N' })).code, String(name)).to.equal(
        'illegal_name',
      );
    }
    const labels = { __name__: {} };
    expect(
      errorOf(() => defineCounter({ name: 'n.x', help: 'N', labels })).problems.map(({ code }) => code),
    ).to.deep.equal(['illegal_name', 'illegal_label']);
  });

  const clashes: readonly (readonly [first: string, second: string])[] = [
    ['http.requests', 'http_requests'],
    ['http_requests', 'http.requests'],
    ['http.requests', 'http-requests'],
    ['a.b', 'a_dot_b'],
    ['U__a_2e_b', 'a.b'],
  ];
  for (const [first, second] of clashes) {
    it(`refuses a name that is another family's after escaping: ${second} beside ${first}`, () => {
      const recorder = new PrometheusRecorder({ nameValidation: 'utf8', onAdvice: () => undefined });
      recorder.open(defineGauge({ name: first, help: 'First' }));
      const { code, message } = errorOf(() => recorder.open(defineGauge({ name: second, help: 'Second' })));
      expect(code).to.equal('family_clash');
      expect(message).to.contain(`family "${second}" already exists in this recorder as a gauge "${first}"`);
    });
  }

  it('refuses a sample of one family that is another family after escaping', () => {
    const recorder = new PrometheusRecorder({ nameValidation: 'utf8', onAdvice: () => undefined });
    recorder.open(defineHistogram({ name: 'wait.time', help: 'W' }));
    expect(errorOf(() => recorder.open(defineGauge({ name: 'wait_time_sum', help: 'W' }))).code).to.equal(
      'family_clash',
    );
    recorder.open(defineCounter({ name: 'done.jobs_total', help: 'D' }));
    expect(errorOf(() => recorder.open(defineGauge({ name: 'done_jobs', help: 'D' }))).code).to.equal('family_clash');
  });

  it('refuses labels of a family that are one after escaping, constant labels included', () => {
    const recorder = new PrometheusRecorder({ nameValidation: 'utf8', constantLabels: { 'a.b': 'x' } });
    const clash = (labels: Record<string, object>) =>
      errorOf(() => recorder.open(defineGauge({ name: 'n', help: 'N', labels }))).message;
    expect(clash({ 'c-d': {}, 'c.d': {} })).to.equal(
      'defineGauge "n": labels "c-d" and "c.d" become one for a consumer that reads no UTF-8 names (given "c_d" for both). Rename one of them.',
    );
    expect(clash({ a_b: {} })).to.contain('labels "a_b" and "a.b" become one');
    recorder.open(defineGauge({ name: 'own', help: 'N', labels: { 'a.b': {} } }));
  });

  it('holds for prefix and constant labels, and not beside a registry, whose library writes names as they are', () => {
    const wrong = (given: PrometheusRecorderOptions) => errorOf(() => new PrometheusRecorder(given)).message;
    expect(wrong({ prefix: 'my.' })).to.equal(
      'new PrometheusRecorder: "prefix" must begin a legal metric name (given "my."). Write for example "billing_", or allow it by nameValidation: "utf8".',
    );
    expect(wrong({ constantLabels: { 'a.b': 'x' } })).to.contain('constant label "a.b" must have a legal name');
    expect(wrong({ nameValidation: 'utf8', constantLabels: { __a: 'x' } })).to.contain(
      'constant label "__a" must have',
    );
    expect(wrong({ nameValidation: 'utf-8' as 'utf8' })).to.contain(
      '"nameValidation" must be "legacy" or "utf8" (given "utf-8"). Choose one.',
    );
    expect(wrong({ nameValidation: 'utf8', registry: new Registry() })).to.contain(
      '"nameValidation" must be "legacy" beside a registry, as prom-client writes names as they are',
    );
  });
});
