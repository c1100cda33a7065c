import type { Labels } from './vector.js';

/** One sample line of the text format. */
export interface ExposedSample {
  readonly name: string;
  readonly labels: Labels;
  readonly value: number;
}

/** Parses a scrape in text format 0.0.4. */
export function parseSamples(text: string): ExposedSample[] {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return lines.map((line) => {
    const [, name = '', labels = '', value = ''] = /^([\w:]+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
    const pairs = [...labels.matchAll(/(\w+)="((?:\\.|[^"\\])*)"/g)];
    return {
      name,
      labels: Object.fromEntries(pairs.map(([, label = '', escaped = '']) => [label, unescapeLabel(escaped)])),
      value: Number(value.replace('Inf', 'Infinity')),
    };
  });
}

/** Formats a sample as an OpenMetrics line with its time in seconds. */
export function formatSample({ name, labels, value }: ExposedSample, time: number): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}=${JSON.stringify(text)}`);
  return `${name}{${pairs.join()}} ${String(value).replace('Infinity', 'Inf')} ${time}`;
}

const unescapeLabel = (text: string): string =>
  text.replace(/\\(.)/g, (_, character) => (character === 'n' ? '\n' : character));
