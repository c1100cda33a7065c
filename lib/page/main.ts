import { FactTables } from './fact-tables.js';
import { type FactsSummary, sourceAges } from './facts.js';
import { Panel, type PanelSettings } from './panel.js';
import { type Poll, Poller } from './poller.js';
import { type FamilyReading, readFamilies, readMediaType } from './reading.js';
import { updateSources } from './sources.js';
import { initialMinutes, nothingOpen, Toolbar } from './toolbar.js';
import { formatCount, speller } from './units.js';

/*
 * The script of the page for people. While the page is visible, it reads the families that are open, draws their graphs, and
 * writes the same numbers into tables; and it asks what is silent and how many series there are. The page has everything else
 * without it.
 */

/** The time between two readings of the open families, in milliseconds. */
const readingMs = 2000;
/** The time between two questions about all families. Why longer: each graph says already how many series its family has. */
const summaryMs = 5000;
const maxGapMs = 2.5 * readingMs;
const settings: PanelSettings = {
  rangeSeconds: initialMinutes * 60,
  maxGapSeconds: maxGapMs / 1000,
  exemplarUrl: document.body.dataset['exemplarUrl'],
  constantLabels: JSON.parse(document.body.dataset['constantLabels'] ?? '[]') as string[],
};
const all = [...document.querySelectorAll<HTMLDetailsElement>('details[data-family]')];
const panels = all.map((details) => new Panel(details, settings));
const names = new Set(panels.map(({ name }) => name));
const sources = document.querySelector<HTMLElement>('#sources');
const tables = new FactTables();

const readings = new Poller<ReadonlyMap<string, FamilyReading>>({
  everyMs: readingMs,
  accept: readMediaType,
  read: readFamilies,
  locate: locateOpen,
  onPoll: (poll, nextInMs) => {
    // Why: a service that is asked less often has longer times between two readings, which are no pauses.
    settings.maxGapSeconds = Math.max(maxGapMs, 2.5 * nextInMs) / 1000;
    for (const panel of panels.filter(({ isOpen }) => isOpen)) {
      panel.add(poll.time, poll.content.get(panel.name) ?? new Map());
    }
    const ages = poll.content.get(sourceAges);
    if (sources !== null && ages !== undefined) updateSources(sources, ages);
    // Why asked: all may have been closed while the poll was on its way.
    toolbar.setStatus(locateOpen() === undefined ? nothingOpen : describePoll(poll, nextInMs));
  },
  onFailure: (reason, nextInMs) => {
    toolbar.setStatus(`The last poll failed (${reason}); the next is in ${seconds(nextInMs / 1000)}.`);
  },
});

/** Where the open families are read, and how old the sources are; `undefined` where there is neither. */
function locateOpen(): string | undefined {
  const open = panels.filter(({ isOpen }) => isOpen).map(({ name }) => name);
  const asked = names.has(sourceAges) ? new Set([...open, sourceAges]) : open;
  const query = [...asked].map((name) => `name[]=${encodeURIComponent(name)}`);
  return query.length === 0 ? undefined : `metrics?${query.join('&')}`;
}

let firstNames: ReadonlySet<string> | undefined;

const summaries = new Poller<FactsSummary>({
  everyMs: summaryMs,
  accept: 'application/json',
  locate: () => '-/landing.json',
  read: (bytes) => JSON.parse(new TextDecoder().decode(bytes)) as FactsSummary,
  onPoll: ({ content }) => {
    const known = Object.keys(content.series);
    // Why: an answer without anything is one of a service that is too busy for it, or knows nothing of its families.
    if (known.length === 0 && content.silent.length === 0) return;
    const silent = new Map(content.silent.map(({ name, why }) => [name, why]));
    for (const panel of panels) panel.updateFacts(content.series[panel.name], silent.get(panel.name));
    tables.update(content);
    // Why the first answer: what that has and the page has not, is not exposed.
    firstNames ??= new Set(known);
    const added = known.filter((name) => !names.has(name) && firstNames?.has(name) === false);
    toolbar.setNews(added.length === 0 ? '' : `${count(added.length, 'new metric')}: load the page again`);
  },
});

const toolbar = new Toolbar({
  onSearch: search,
  onRange: (rangeSeconds) => {
    settings.rangeSeconds = rangeSeconds;
    for (const panel of panels) panel.draw();
  },
  onPause: (isPaused) => {
    readings.isPaused = isPaused;
    summaries.isPaused = isPaused;
  },
  onTheme: redraw,
  onCloseAll: () => {
    for (const details of all) details.open = false;
  },
});

function search(words: readonly string[]): void {
  const wasIdle = locateOpen() === undefined;
  let found = 0;
  for (const details of all) {
    const text = (details.dataset['search'] ?? '').toLowerCase();
    details.hidden = !words.every((word) => text.includes(word));
    if (!details.hidden) found += 1;
  }
  for (const section of document.querySelectorAll<HTMLElement>('section.families')) {
    section.hidden = words.length > 0 && section.querySelector('details:not([hidden])') === null;
  }
  toolbar.setFound(words.length === 0 ? '' : `${found} of ${all.length} metrics`);
  sayWhereNothingIsOpen();
  // Why only then: each letter of a word would be a poll.
  if (wasIdle) readings.wake();
}

/** Why also where the sources are read: a reader looks for the graphs. */
function sayWhereNothingIsOpen(): void {
  if (!panels.some(({ isOpen }) => isOpen)) toolbar.setStatus(nothingOpen);
}

function redraw(): void {
  for (const panel of panels) panel.redraw();
}

const seconds = speller('seconds');
const bytes = speller('bytes');

function describePoll(
  { content, bytes: size, milliseconds }: Poll<ReadonlyMap<string, FamilyReading>>,
  nextInMs: number,
) {
  const series = [...content.values()].reduce((sum, family) => sum + family.size, 0);
  return `Last poll: ${count(content.size, 'metric')}, ${formatCount(series)} series, ${bytes(size)}, ${seconds(milliseconds / 1000)}; the next in ${seconds(nextInMs / 1000)}.`;
}

const count = (number: number, word: string): string => `${formatCount(number)} ${word}${number === 1 ? '' : 's'}`;

for (const [i, details] of all.entries()) {
  details.addEventListener('toggle', () => {
    if (details.open) readings.wake();
    else panels[i]?.clear();
    sayWhereNothingIsOpen();
  });
}
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', redraw);
document.querySelector('#tools')?.replaceChildren(toolbar.element);
void readings.run();
void summaries.run();
