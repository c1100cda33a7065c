import { paths } from '../route.js';
import { landingNativeScript } from './landing-native-script.js';

/**
 * The script of the landing page. While the page is visible, it reads the open families from the metrics route every two
 * seconds, and draws one line per series: the value of a gauge, the rate per second of a counter, the median and the 95th
 * percentile of a histogram since the last reading. A histogram has its count and its sum beside them.
 *
 * Text from the exposition enters the page as text and attributes only, never as markup.
 */
export const landingScript = String.raw`'use strict';
const every = 2000, points = 90, mostLines = 8;
const histories = new Map();
// The histograms without native buckets: no protobuf is read for them.
const classic = new Set();

function parse(text) {
  const samples = [];
  const label = /([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)",?/g;
  for (const line of text.split('\n')) {
    const match = /^([a-zA-Z_:][\w:]*)(?:\{((?:[^"}]|"(?:[^"\\]|\\.)*")*)\})? (\S+)$/.exec(line);
    if (match === null) continue;
    const labels = new Map();
    for (const [, name, value] of (match[2] || '').matchAll(label)) {
      labels.set(name, value.replace(/\\(.)/g, (_, c) => (c === 'n' ? '\n' : c)));
    }
    samples.push({ name: match[1], labels, value: Number(match[3].replace('Inf', 'Infinity')) });
  }
  return samples;
}

const titleOf = (labels) =>
  [...labels].filter(([name]) => name !== 'le' && name !== 'quantile').map(([name, value]) => name + '=' + value).join(' ') || 'all';

// What the exposition says of one family, as numbers by line: [title, number] where the number needs no past.
function linesOf(family, type, samples, natives, before, seconds) {
  const lines = new Map();
  if (type === 'histogram') {
    for (const [title, buckets] of bucketsOf(family, samples, natives)) {
      const past = before && before.get(title);
      if (past && buckets.schema !== undefined) {
        for (const [word, q] of [['p50', 0.5], ['p95', 0.95]]) lines.set(title + ' ' + word, nativeQuantile(q, buckets, past));
        continue;
      }
      if (buckets.schema !== undefined) continue;
      const grown = buckets.map(([le, count], i) => [le, count - (past ? past[i][1] : 0)]);
      if (past) for (const [word, q] of [['p50', 0.5], ['p95', 0.95]]) lines.set(title + ' ' + word, quantile(q, grown));
    }
    return lines;
  }
  for (const { name, labels, value } of samples) {
    if (name !== family) continue;
    const title = titleOf(labels);
    if (type !== 'counter') lines.set(title, value);
    else if (before && before.has(title)) lines.set(title, Math.max(0, value - before.get(title)) / seconds);
  }
  return lines;
}

// The buckets of each series: the native ones where it has any.
function bucketsOf(family, samples, natives) {
  const series = new Map();
  for (const { name, labels, value } of samples) {
    if (name !== family + '_bucket') continue;
    const title = titleOf(labels);
    if (!series.has(title)) series.set(title, []);
    series.get(title).push([Number(labels.get('le').replace('+Inf', 'Infinity')), value]);
  }
  for (const [title, native] of natives || []) series.set(title, native);
  return series;
}

// The count and the sum of each series of a histogram, as text.
function totalsOf(family, samples) {
  const totals = new Map();
  for (const { name, labels, value } of samples) {
    const word = name === family + '_count' ? 'count' : name === family + '_sum' ? 'sum' : undefined;
    if (word) totals.set(titleOf(labels) + ' ' + word, value);
  }
  return totals;
}

function valuesOf(family, type, samples, natives) {
  if (type === 'histogram') return bucketsOf(family, samples, natives);
  return new Map(samples.filter(({ name }) => name === family).map(({ labels, value }) => [titleOf(labels), value]));
}

// As Prometheus' histogram_quantile() does: linear within a bucket.
function quantile(q, buckets) {
  const total = buckets.length ? buckets[buckets.length - 1][1] : 0;
  if (!(total > 0)) return null;
  const rank = q * total;
  for (let i = 0; i < buckets.length; i++) {
    const [le, count] = buckets[i];
    if (count < rank) continue;
    const [lower, below] = i > 0 ? buckets[i - 1] : [0, 0];
    if (le === Infinity) return lower;
    return lower + ((le - lower) * (rank - below)) / (count - below || 1);
  }
  return null;
}

const spell = (n) => (n === null ? '–' : Number(n.toPrecision(4)).toLocaleString('en-US'));

function draw(figure, history) {
  const shown = [...history.lines].slice(0, mostLines);
  const numbers = shown.flatMap(([, line]) => line.filter((n) => n !== null && Number.isFinite(n)));
  const most = Math.max(0, ...numbers), least = Math.min(0, ...numbers), span = most - least || 1;
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('viewBox', '0 0 ' + (points - 1) + ' 100');
  svg.setAttribute('preserveAspectRatio', 'none');
  svg.setAttribute('role', 'img');
  const list = document.createElement('ul');
  shown.forEach(([title, line], i) => {
    const path = document.createElementNS('http://www.w3.org/2000/svg', 'polyline');
    const at = line.map((n, k) => (n === null || !Number.isFinite(n) ? '' : points - line.length + k + ',' + (95 - (90 * (n - least)) / span).toFixed(2)));
    path.setAttribute('points', at.filter(Boolean).join(' '));
    path.setAttribute('class', 'c' + i);
    svg.append(path);
    const item = document.createElement('li');
    const mark = document.createElement('span');
    mark.className = 'c' + i;
    mark.textContent = '● ';
    item.append(mark, title + ': ' + spell(line[line.length - 1]) + history.unit);
    list.append(item);
  });
  for (const [title, total] of [...history.totals].slice(0, mostLines)) {
    const item = document.createElement('li');
    item.textContent = title + ': ' + spell(total);
    list.append(item);
  }
  if (history.lines.size > mostLines) {
    const item = document.createElement('li');
    item.textContent = 'and ' + (history.lines.size - mostLines) + ' more';
    list.append(item);
  }
  svg.setAttribute('aria-label', list.textContent);
  const caption = document.createElement('figcaption');
  caption.append(list);
  figure.replaceChildren(svg, caption);
}

function remember(details, samples, natives, now) {
  const { family, type } = details.dataset;
  const history = histories.get(family) || { lines: new Map(), unit: type === 'counter' ? ' per second' : '' };
  const lines = linesOf(family, type, samples, natives, history.before, (now - history.at) / 1000);
  for (const title of lines.keys()) if (!history.lines.has(title)) history.lines.set(title, []);
  for (const [title, line] of history.lines) {
    line.push(lines.has(title) ? lines.get(title) : null);
    if (line.length > points) line.shift();
    if (line.every((n) => n === null)) history.lines.delete(title);
  }
  history.before = valuesOf(family, type, samples, natives);
  history.totals = type === 'histogram' ? totalsOf(family, samples) : new Map();
  history.at = now;
  histories.set(family, history);
  if (history.lines.size + history.totals.size > 0) draw(details.querySelector('figure'), history);
}

const namesOf = (open) => open.map(({ dataset }) => 'name[]=' + encodeURIComponent(dataset.family)).join('&');

// The native histograms of those of the open families that may have some.
async function readNatives(open) {
  const asked = open.filter(({ dataset }) => dataset.type === 'histogram' && !classic.has(dataset.family));
  if (asked.length === 0) return new Map();
  const Accept = 'application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited';
  const response = await fetch('${paths.metrics}?' + namesOf(asked), { headers: { Accept } });
  if (!response.ok || !/protobuf/.test(response.headers.get('Content-Type'))) return new Map();
  const families = nativesOf(new Uint8Array(await response.arrayBuffer()));
  for (const { dataset: { family } } of asked) {
    const series = families.get(family);
    if (series && series.size === 0) classic.add(family);
  }
  return families;
}

async function read() {
  const open = [...document.querySelectorAll('details[open]')];
  if (document.visibilityState !== 'visible' || open.length === 0) return;
  const response = await fetch('${paths.metrics}?' + namesOf(open), { headers: { Accept: 'text/plain' } });
  if (!response.ok) return;
  const samples = parse(await response.text());
  const natives = await readNatives(open);
  for (const details of open) remember(details, samples, natives.get(details.dataset.family), performance.now());
}

async function go() {
  for (;;) {
    await read().catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, every));
  }
}
${landingNativeScript}
go();
`;
