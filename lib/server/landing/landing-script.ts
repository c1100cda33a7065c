import { paths } from '../route.js';

/**
 * The script of the landing page. While the page is visible, it reads the open families from the metrics route every two
 * seconds, and draws one line per series: the value of a gauge, the rate per second of a counter, the median and the 95th
 * percentile of a histogram since the last reading.
 *
 * Text from the exposition enters the page as text and attributes only, never as markup.
 */
export const landingScript = String.raw`'use strict';
const every = 2000, points = 90, mostLines = 8;
const histories = new Map();

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
function linesOf(family, type, samples, before, seconds) {
  const lines = new Map();
  if (type === 'histogram') {
    for (const [title, buckets] of bucketsOf(family, samples)) {
      const past = before && before.get(title);
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

function bucketsOf(family, samples) {
  const series = new Map();
  for (const { name, labels, value } of samples) {
    if (name !== family + '_bucket') continue;
    const title = titleOf(labels);
    if (!series.has(title)) series.set(title, []);
    series.get(title).push([Number(labels.get('le').replace('+Inf', 'Infinity')), value]);
  }
  return series;
}

function valuesOf(family, type, samples) {
  if (type === 'histogram') return bucketsOf(family, samples);
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
    const last = line[line.length - 1];
    item.append(mark, title + ': ' + (last === null ? '–' : Number(last.toPrecision(4)).toLocaleString('en-US')) + history.unit);
    list.append(item);
  });
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

function remember(details, samples, now) {
  const { family, type } = details.dataset;
  const history = histories.get(family) || { lines: new Map(), unit: type === 'counter' ? ' per second' : '' };
  const lines = linesOf(family, type, samples, history.before, (now - history.at) / 1000);
  for (const title of lines.keys()) if (!history.lines.has(title)) history.lines.set(title, []);
  for (const [title, line] of history.lines) {
    line.push(lines.has(title) ? lines.get(title) : null);
    if (line.length > points) line.shift();
    if (line.every((n) => n === null)) history.lines.delete(title);
  }
  history.before = valuesOf(family, type, samples);
  history.at = now;
  histories.set(family, history);
  if (history.lines.size > 0) draw(details.querySelector('figure'), history);
}

async function read() {
  const open = [...document.querySelectorAll('details[open]')];
  if (document.visibilityState !== 'visible' || open.length === 0) return;
  const query = open.map(({ dataset }) => 'name[]=' + encodeURIComponent(dataset.family)).join('&');
  const response = await fetch('${paths.metrics}?' + query, { headers: { Accept: 'text/plain' } });
  if (!response.ok) return;
  const samples = parse(await response.text());
  for (const details of open) remember(details, samples, performance.now());
}

async function go() {
  for (;;) {
    await read().catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, every));
  }
}
go();
`;
