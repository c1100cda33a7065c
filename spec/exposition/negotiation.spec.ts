import { expect } from 'chai';
import { negotiate } from '../../lib/exposition/negotiation.js';
import type { ExpositionFormat } from '../../lib/store/exposed-family.js';

const text = 'text/plain; version=0.0.4; charset=utf-8';
const openMetrics = 'application/openmetrics-text; version=1.0.0; charset=utf-8';
const older = 'application/openmetrics-text; version=0.0.1; charset=utf-8';

const prometheus242 =
  'application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1';
const prometheus35 =
  'application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.6,application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1';

const prometheus253 =
  'application/openmetrics-text;version=1.0.0;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2';
const nativeHistograms242 =
  'application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited,application/openmetrics-text;version=1.0.0;q=0.8,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1';
/** Sent by 3.5 without any flag, and by 3.14 with `scrape_native_histograms: true`. */
const prometheus35Plain =
  'application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2';
const prometheus314 =
  'application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1';
const protobuf = 'application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited';
const newerText = 'text/plain; version=1.0.0; charset=utf-8';

const accepts: [accept: string | undefined, contentType: string][] = [
  [undefined, text],
  ['', text],
  ['*/*', text],
  ['text/*', text],
  ['text/plain', text],
  ['text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', text],
  [prometheus242, openMetrics],
  [nativeHistograms242, protobuf],
  [prometheus253, openMetrics],
  [prometheus35, protobuf],
  [prometheus35Plain, `${openMetrics}; escaping=allow-utf-8`],
  [prometheus314, `${protobuf}; escaping=allow-utf-8`],
  ['application/*', openMetrics],
  ['application/vnd.google.protobuf', text],
  ['application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=text', text],
  ['application/vnd.google.protobuf;proto=other.Message;encoding=delimited', text],
  ['application/vnd.google.protobuf;proto="io.prometheus.client.MetricFamily";encoding=delimited', protobuf],
  ['text/plain;version=1.0.0;escaping=allow-utf-8', `${newerText}; escaping=allow-utf-8`],
  ['text/plain; version=1.0.0; escaping=underscores', `${newerText}; escaping=underscores`],
  ['text/plain;version=1.0.0', newerText],
  ['text/plain;version=1.0.0;escaping=unheard-of', newerText],
  ['text/plain;version=0.0.4;escaping=allow-utf-8', text],
  ['application/openmetrics-text;version=0.0.1;escaping=values', older],
  ['application/openmetrics-text', openMetrics],
  ['application/openmetrics-text; version=0.0.1', older],
  ['application/openmetrics-text;version=2.0.0', text],
  ['application/openmetrics-text;q=0,text/plain', text],
  ['text/plain;q=0,*/*', openMetrics],
  ['text/*;q=0,*/*;q=0.1', openMetrics],
  ['application/openmetrics-text;q=0,application/*,text/plain;q=0.5', text],
  ['text/plain;version=1.0.0;q=0,*/*', text],
  ['*/*;q=0,application/openmetrics-text;q=0.1', openMetrics],
  ['*/*;q=0', text],
  ['text/plain;q=0.5,application/openmetrics-text;version="1.0.0";q=0.9', openMetrics],
  ['APPLICATION/OPENMETRICS-TEXT ; VERSION=1.0.0', openMetrics],
  ['application/json', text],
  [';;,,q=', text],
];

describe('negotiate() of Accept', () => {
  for (const [accept, contentType] of accepts) {
    it(`answers Accept: ${accept} with ${contentType}`, () => {
      expect(negotiate({ accept }).contentType).to.equal(contentType);
    });
  }
});

describe('negotiate() of Accept-Encoding', () => {
  const encodings: [acceptEncoding: string | undefined, gzip: boolean][] = [
    [undefined, false],
    ['gzip', true],
    ['deflate, gzip;q=0.5', true],
    ['gzip;q=0', false],
    ['*', true],
    ['*, gzip;q=0', false],
    ['identity', false],
  ];
  for (const [acceptEncoding, gzip] of encodings) {
    it(`returns ${gzip} for ${acceptEncoding}`, () => {
      expect(negotiate({ acceptEncoding }).encoding).to.equal(gzip ? 'gzip' : 'identity');
    });
  }
});

describe('negotiate() of long headers', () => {
  /** A format that counts how often it is looked at. */
  const counted = () => {
    let looks = 0;
    const format: ExpositionFormat = {
      name: 'counted',
      get mediaType() {
        looks++;
        return 'application/counted';
      },
      render: function* () {},
    };
    return { formats: [format], looks: () => looks };
  };
  const repeated = (element: string, length: number) =>
    element.repeat(Math.ceil(length / element.length)).slice(0, length);

  it('answers a header of 2,048 characters by its preferences, and a longer one as an absent one', () => {
    for (const [length, contentType] of [
      [2048, openMetrics],
      [2049, text],
    ] as const) {
      const accept = `application/openmetrics-text,${'x'.repeat(length)}`.slice(0, length);
      expect(negotiate({ accept }).contentType).to.equal(contentType);
      const acceptEncoding = `gzip,${'x'.repeat(length)}`.slice(0, length);
      expect(negotiate({ acceptEncoding }).encoding).to.equal(length === 2048 ? 'gzip' : 'identity');
    }
  });

  for (const element of [',', '*/*,', 'application/counted;q=0.1,', ';', 'text/plain;a=b;']) {
    it(`does bounded work for 15 KiB of "${element}", and none for the same header again`, () => {
      const { formats, looks } = counted();
      negotiate({ accept: repeated(element, 15 * 1024) }, formats);
      expect(looks()).to.be.below(10);
      const accept = repeated(element, 2048);
      const first = negotiate({ accept }, formats);
      const before = looks();
      expect(before).to.be.below(2048 * 5);
      expect(negotiate({ accept }, formats)).to.equal(first);
      expect(looks()).to.equal(before);
    });
  }

  it('remembers no more than 32 pairs of headers, the newest ones', () => {
    const { formats, looks } = counted();
    const ask = (i: number) => negotiate({ accept: `application/counted;q=0.${i}` }, formats);
    for (let i = 0; i < 40; i++) ask(i);
    const before = looks();
    for (let i = 8; i < 40; i++) ask(i);
    expect(looks()).to.equal(before);
    ask(0);
    expect(looks()).to.be.above(before);
  });
});
