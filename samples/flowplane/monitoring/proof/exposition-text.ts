import type { Labels } from './vector.js';

/** A line of the text format. */
export interface ExposedSample {
  readonly name: string;
  readonly labels: Labels;
  readonly value: number;
}

/** The samples of a scrape in text format 0.0.4. */
export function samplesIn(text: string): ExposedSample[] {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return lines.map((line) => {
    const [, name = '', labels = '', value = ''] = /^([\w:]+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
    const pairs = [...labels.matchAll(/(\w+)="((?:\\.|[^"\\])*)"/g)];
    return {
      name,
      labels: Object.fromEntries(pairs.map(([, label = '', written = '']) => [label, unescaped(written)])),
      value: Number(value.replace('Inf', 'Infinity')),
    };
  });
}

/** A sample as OpenMetrics writes it, with its time in seconds. */
export function stamped({ name, labels, value }: ExposedSample, time: number): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}=${JSON.stringify(text)}`);
  return `${name}{${pairs.join()}} ${String(value).replace('Infinity', 'Inf')} ${time}`;
}

const unescaped = (text: string): string =>
  text.replace(/\\(.)/g, (_, character) => (character === 'n' ? '\n' : character));
