/** The values that differ from run to run: durations, and what the process itself is like. */
const ofTheProcess = /^(?:process|nodejs|flowplane_metrics)_/;

/** One label of a sample. Why not parsed further: the peers escape alike, and the values here are plain. */
const label = /([^,{}=]+)="((?:[^"\\]|\\.)*)"/g;

/**
 * What a scraper could depend on in an exposition in text, as lines that compare: series with their values, types and help.
 *
 * The buckets of a series are one line with all bounds, a sum of durations is `…`, and metrics of the process are one line for
 * each prefix: their values differ from run to run.
 */
export function exposedFacts(exposition: string): string[] {
  const facts = new Set<string>();
  const bounds = new Map<string, string[]>();
  // Why replaced: OpenTelemetry names a service by the path of Node, which differs from machine to machine.
  const comparable = exposition.replace(/"unknown_service:[^"]*"/g, '"unknown_service:…"');
  for (const line of comparable.split('\n').filter((one) => one !== '' && one !== '# EOF')) {
    const [, comment, name = '', labels = '', value = ''] =
      /^(# [A-Z]+ )?([^\s{]+)(?:\{(.*)\})? ?(.*)$/.exec(line) ?? [];
    const prefix = ofTheProcess.exec(name)?.[0];
    if (prefix !== undefined) facts.add(`${prefix}…`);
    else if (comment !== undefined) facts.add(line);
    else addSample(name, [...labels.matchAll(label)], value);
  }
  for (const [series, all] of bounds) facts.add(series.replace('…', all.join(' ')));
  return [...facts];

  function addSample(name: string, labels: readonly RegExpExecArray[], value: string): void {
    const dividing = labels.find(([, key]) => key === 'le' || key === 'quantile');
    const written = labels
      .map(([text, key]) => (text === dividing?.[0] ? `${key}="…"` : text))
      .sort()
      .join(',');
    const series = written === '' ? name : `${name}{${written}}`;
    if (dividing === undefined) return void facts.add(`${series} ${name.endsWith('_sum') ? '…' : value}`);
    const sofar = bounds.get(series) ?? [];
    bounds.set(series, [...sofar, dividing[2] as string]);
  }
}

/** What differs between two expositions: `-` is gone, `+` is new. */
export function differenceOf(before: string, after: string): string[] {
  const [old, now] = [exposedFacts(before), exposedFacts(after)];
  const gone = old.filter((fact) => !now.includes(fact)).map((fact) => `- ${fact}`);
  const added = now.filter((fact) => !old.includes(fact)).map((fact) => `+ ${fact}`);
  return [...gone, ...added];
}
