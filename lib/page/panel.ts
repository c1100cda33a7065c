import { describeBudget, measureBudget } from './budget.js';
import { Chart, type CursorPosition, type Drawing, type Line, maxLines } from './chart.js';
import { create, createSelect, type Option, setText } from './dom.js';
import { ExemplarList } from './exemplar-list.js';
import { listExemplars } from './exemplars.js';
import type { ObjectiveFacts } from './facts.js';
import { type LabelValues, listLabels } from './grouping.js';
import { layOutRows, type Row } from './heat-rows.js';
import { HeatScale } from './heat-scale.js';
import { History, keptSeconds } from './history.js';
import { LabelControls } from './label-controls.js';
import type { ExemplarReading, FamilyReading } from './reading.js';
import { clock, describeAxis, formatCount, type Spell, speller, stepsOf, unitOf } from './units.js';
import { type Cell, ValueTable } from './value-table.js';
import { type Column, measureColumn, type View, viewsOf } from './views.js';

/** What all panels of the page have in common. */
export interface PanelSettings {
  /** How many seconds a graph goes back. */
  rangeSeconds: number;
  /** A longer time between two readings is a pause, over which no line is drawn. */
  maxGapSeconds: number;
  /** Where an exemplar leads, with its labels in braces. */
  readonly exemplarUrl: string | undefined;
  /** The names of labels that every series has, and that therefore tell none from another. */
  readonly constantLabels: readonly string[];
}

/** A graph is of so many seconds at least. */
const shortestRangeSeconds = 60;

/** Whether a value counts towards the bound of its label: what is past the bound is `other`. */
const isWithinBounds = (value: string): boolean => value !== 'other' && value !== 'redacted';

/** The graph of one family, with what chooses its lines, and the same as a table. */
export class Panel {
  readonly name: string;
  readonly #details: HTMLDetailsElement;
  readonly #kind: string;
  readonly #unit: string | undefined;
  readonly #objective: ObjectiveFacts | undefined;
  readonly #settings: PanelSettings;
  readonly #history = new History();
  readonly #labels: LabelControls;
  readonly #hidden = new Set<string>();
  /** The colours of the lines that have one, by their titles. */
  readonly #colours = new Map<string, number>();
  #view: View;
  #columns: Column[] = [];
  #cursor: CursorPosition | undefined;
  #drawing: Drawing | undefined;
  #parts: PanelParts | undefined;

  constructor(details: HTMLDetailsElement, settings: PanelSettings) {
    const { family = '', type = '', unit, objective } = details.dataset;
    this.name = family;
    this.#details = details;
    this.#kind = type;
    this.#unit = unitOf(family, unit);
    this.#objective = objective === undefined ? undefined : (JSON.parse(objective) as ObjectiveFacts);
    this.#settings = settings;
    [this.#view] = viewsOf(type);
    const own = [...details.querySelectorAll<HTMLElement>('[data-values-of]')].map((one) => one.dataset['valuesOf']);
    const constant = settings.constantLabels.filter((name) => !own.includes(name));
    this.#labels = new LabelControls(constant, () => this.#measureAgain());
  }

  get isOpen(): boolean {
    return this.#details.open && !this.#details.hidden;
  }

  /** Adds a reading, and draws it. */
  add(time: number, family: FamilyReading): void {
    // Why: after the clock of this machine was set back, what is kept lies in the future, and a rate would be negative.
    if (time <= (this.#history.latest?.time ?? -Infinity)) this.clear();
    this.#history.add({ time, family });
    this.#columns.push(this.#measure(this.#history.readings.length - 1));
    this.#columns = this.#columns.filter((column) => time - column.time <= keptSeconds);
    this.draw();
  }

  /** Forgets what was read: a panel that was closed has not seen what came since. */
  clear(): void {
    this.#history.clear();
    this.#columns = [];
    this.#drawing = undefined;
    this.#parts?.chart.clear();
  }

  /** Brings up to date what the page says beside the graph. */
  updateFacts(series: number | undefined, whySilent: string | undefined): void {
    if (series !== undefined) this.#updateSeries(series);
    const silence = this.#details.querySelector<HTMLElement>('[data-silent]');
    if (silence === null) return;
    silence.hidden = whySilent === undefined;
    const words = silence.querySelector('dd');
    if (words !== null) setText(words, whySilent ?? '');
  }

  draw(): void {
    const latest = this.#history.latest;
    if (latest === undefined) return;
    this.#parts ??= this.#build();
    const parts = this.#parts;
    const labels = listLabels(latest.family);
    this.#labels.update(parts.controls, labels);
    this.#updateCounts(labels, latest.family.size);
    const exemplars = listExemplars(latest.family, this.#labels.choices);
    this.#drawing = this.#createDrawing(exemplars);
    parts.chart.draw(this.#drawing);
    setText(parts.axis, describeAxis(this.#view.hasUnit ? this.#unit : undefined, this.#view.isRate));
    parts.scale.update(this.#drawing.heat?.most);
    this.#updateTable();
    parts.exemplars.update(exemplars, speller(this.#unit));
    const objective = this.#objective;
    if (objective !== undefined)
      setText(parts.budget, describeBudget(objective, measureBudget(objective, latest.family)));
  }

  /** Draws in the colours of now. */
  redraw(): void {
    this.#parts?.chart.redraw();
  }

  get #spell(): Spell {
    return speller(this.#view.hasUnit ? this.#unit : undefined, this.#view.isRate);
  }

  #measure(index: number): Column {
    const before = this.#history.findBefore(index, this.#settings.maxGapSeconds);
    const now = this.#history.readings[index];
    if (now === undefined) throw new RangeError('there is no such reading');
    return measureColumn(this.#view, this.#labels.choices, now, before);
  }

  /** Computes the graph anew, as something else is to be seen. */
  #measureAgain(): void {
    this.#columns = this.#history.readings.map((_, i) => this.#measure(i));
    this.#hidden.clear();
    this.#colours.clear();
    this.draw();
  }

  #createDrawing(exemplars: readonly ExemplarReading[]): Drawing {
    const now = this.#columns.at(-1)?.time ?? 0;
    const earliest = now - this.#settings.rangeSeconds;
    const columns = this.#columns.filter(({ time }) => time >= earliest);
    // Why: a graph that has just begun fills a minute, and not the last pixels of a longer time.
    const from = Math.max(earliest, Math.min(columns[0]?.time ?? now, now - shortestRangeSeconds));
    const unit = this.#view.hasUnit ? this.#unit : undefined;
    const { isRate } = this.#view;
    const common = { range: [from, now] as const, steps: stepsOf(unit, isRate), spell: this.#spell };
    if (this.#view.isHeatMap === true) {
      const times = columns.map(({ time }) => time);
      const { rows, cells } = layOutRows(columns.map(({ growth }) => growth));
      // Why column by column: a function takes no hundred thousand arguments.
      const most = cells.reduce((sofar, column) => Math.max(sofar, ...column), 1);
      return { ...common, times, lines: [], points: [], heat: { rows, cells, most } };
    }
    const isInUnit = this.#view.hasUnit && !this.#view.isRate && this.#kind === 'histogram';
    const points = isInUnit
      ? exemplars.flatMap(({ timestamp, value }) => (timestamp === undefined ? [] : [{ time: timestamp, value }]))
      : [];
    return { ...common, ...this.#drawLines(columns), points };
  }

  #drawLines(columns: readonly Column[]): { times: number[]; lines: Line[] } {
    const padded = padGaps(columns, this.#settings.maxGapSeconds);
    const lines = this.#chooseTitles().map((title) => ({
      title,
      colour: this.#colours.get(title) ?? 0,
      values: padded.map(({ lines: of }) => (this.#hidden.has(title) ? null : toDrawable(of.get(title)))),
    }));
    return { times: padded.map(({ time }) => time), lines };
  }

  /** The titles of the lines that are drawn: the largest of now. A line keeps its colour while it is drawn. */
  #chooseTitles(): string[] {
    const now = [...(this.#columns.at(-1)?.lines ?? [])];
    const chosen =
      now.length <= maxLines ? now : now.sort(([, a], [, b]) => (b ?? -Infinity) - (a ?? -Infinity)).slice(0, maxLines);
    const titles = chosen.map(([title]) => title).sort(compareTitles);
    for (const title of this.#colours.keys()) if (!titles.includes(title)) this.#colours.delete(title);
    for (const title of titles) {
      if (this.#colours.has(title)) continue;
      const taken = new Set(this.#colours.values());
      this.#colours.set(title, Array.from({ length: maxLines }, (_, i) => i).find((i) => !taken.has(i)) ?? 0);
    }
    return titles;
  }

  #build(): PanelParts {
    const figure = this.#details.querySelector('.graph');
    if (figure === null) throw new Error('a family has no place for its graph');
    const controls = create('div', { class: 'controls' });
    const canvas = create('div', { 'aria-hidden': 'true' });
    const slider = create(
      'div',
      {
        class: 'chart',
        role: 'slider',
        tabindex: '0',
        'aria-label': `Time in the graph of ${this.name}`,
        'aria-valuemin': '0',
        'aria-valuemax': '0',
        'aria-valuenow': '0',
      },
      canvas,
    );
    const axis = create('span', { class: 'axis' });
    // Why hidden from a screen reader: the table says the same.
    const readout = create('span', { class: 'readout', 'aria-hidden': 'true' });
    const scale = new HeatScale();
    const meaning = create('p', { class: 'meaning' }, this.#view.meaning);
    const table = new ValueTable(`Numbers of ${this.name}`, (title) => this.#toggle(title));
    const exemplars = new ExemplarList(this.#settings.exemplarUrl);
    const budget = create('p', { class: 'budget' });
    this.#buildViews(controls, meaning);
    const caption = create('p', { class: 'caption' }, axis, readout);
    figure.replaceChildren(controls, caption, slider, scale.element, meaning, table.element, exemplars.element);
    if (this.#objective !== undefined) figure.append(budget);
    slider.addEventListener('keydown', (event) => this.#onKey(event));
    const chart = new Chart(canvas, (position) => this.#setCursor(position));
    return { chart, slider, controls, axis, readout, scale, table, exemplars, budget };
  }

  #buildViews(controls: HTMLElement, meaning: HTMLElement): void {
    const views = viewsOf(this.#kind);
    if (views.length === 1) return;
    const options = views.map(({ name }): Option => ({ value: name, text: name }));
    const { label } = createSelect('View', options, (name) => {
      this.#view = views.find((one) => one.name === name) ?? views[0];
      setText(meaning, this.#view.meaning);
      this.#measureAgain();
    });
    controls.append(label);
  }

  /** Brings up to date how many values each label has, and how many series there are. */
  #updateCounts(labels: readonly LabelValues[], series: number): void {
    const counts = new Map(labels.map(({ name, values }) => [name, values.filter(isWithinBounds).length]));
    for (const count of this.#details.querySelectorAll<HTMLElement>('[data-values-of]')) {
      setText(count, formatCount(counts.get(count.dataset['valuesOf'] ?? '') ?? 0));
    }
    this.#updateSeries(series);
  }

  #updateSeries(series: number): void {
    for (const count of this.#details.querySelectorAll('[data-series]')) setText(count, formatCount(series));
  }

  #updateTable(): void {
    if (this.#drawing === undefined || this.#parts === undefined) return;
    const { table, slider, readout } = this.#parts;
    const { times, heat } = this.#drawing;
    const last = times.length - 1;
    const index = Math.min(this.#cursor?.index ?? last, last);
    const time = clock(times[index] ?? 0);
    const rows = heat === undefined ? this.#lineCells(index) : this.#heatCells(index);
    const more = heat === undefined ? (this.#columns.at(-1)?.lines.size ?? 0) - rows.length : 0;
    table.update(this.#cursor === undefined ? `Now, ${time}` : `At ${time}`, rows, more);
    slider.setAttribute('aria-valuemax', String(Math.max(0, last)));
    slider.setAttribute('aria-valuenow', String(Math.max(0, index)));
    const first = rows.slice(0, 3).map(({ title, value }) => `${title} ${value}`);
    slider.setAttribute('aria-valuetext', [time, ...first].join(', '));
    setText(readout, this.#cursor === undefined ? '' : [time, this.#describePosition(index, this.#cursor)].join('  '));
  }

  /** Says what the graph has at the cursor: the nearest line, or the cell of a heat map. */
  #describePosition(index: number, { level }: CursorPosition): string {
    const { heat, lines, spell } = this.#drawing as Drawing;
    if (heat === undefined) {
      const near = level === undefined ? undefined : findNearest(lines, index, level);
      return near === undefined ? '' : `${near.title} ${spell(near.values[index])}`;
    }
    const counts = heat.cells[index] ?? [];
    const row = level === undefined ? counts.indexOf(Math.max(...counts)) : Math.floor(level);
    const bounds = heat.rows[row];
    if (bounds === undefined) return '';
    const count = counts[row] ?? 0;
    return `${describeRow(bounds, spell)}: ${formatCount(count)} observation${count === 1 ? '' : 's'}`;
  }

  #lineCells(index: number): Cell[] {
    const { lines, times, range, spell } = this.#drawing as Drawing;
    return lines.map(({ title, colour }) => {
      const numbers = this.#columns.flatMap((column) =>
        column.time < range[0] ? [] : (column.lines.get(title) ?? []),
      );
      const value = this.#columns.find(({ time }) => time === times[index])?.lines.get(title);
      return {
        title,
        colour,
        isHidden: this.#hidden.has(title),
        value: spell(value),
        least: spell(numbers.length === 0 ? null : numbers.reduce((a, b) => Math.min(a, b))),
        most: spell(numbers.length === 0 ? null : numbers.reduce((a, b) => Math.max(a, b))),
      };
    });
  }

  #heatCells(index: number): Cell[] {
    const { heat, spell } = this.#drawing as Drawing;
    const cells = heat?.cells[index] ?? [];
    return (heat?.rows ?? []).flatMap((bounds, row) => {
      const count = cells[row] ?? 0;
      const all = heat?.cells.map((one) => one[row] ?? 0) ?? [];
      if (all.every((one) => one === 0)) return [];
      const [least, most] = [Math.min(...all), Math.max(...all)].map((one) => speller(undefined)(one)) as [
        string,
        string,
      ];
      return [{ title: describeRow(bounds, spell), value: speller(undefined)(count), least, most }];
    });
  }

  #toggle(title: string): void {
    if (!this.#hidden.delete(title)) this.#hidden.add(title);
    this.draw();
  }

  #setCursor(position: CursorPosition | undefined): void {
    const { index, level } = this.#cursor ?? {};
    if (index === position?.index && level === position?.level) return;
    this.#cursor = position;
    this.#updateTable();
  }

  #onKey(event: KeyboardEvent): void {
    const last = (this.#drawing?.times.length ?? 0) - 1;
    const at = this.#cursor?.index ?? last;
    const targets = new Map([
      ['ArrowLeft', at - 1],
      ['ArrowDown', at - 1],
      ['ArrowRight', at + 1],
      ['ArrowUp', at + 1],
      ['PageDown', at - 10],
      ['PageUp', at + 10],
      ['Home', 0],
      ['End', last],
      ['Escape', null],
    ]);
    const target = targets.get(event.key);
    if (target === undefined || last < 0) return;
    event.preventDefault();
    this.#parts?.chart.moveCursor(target === null ? null : Math.min(last, Math.max(0, target)));
  }
}

interface PanelParts {
  readonly chart: Chart;
  readonly slider: HTMLElement;
  readonly controls: HTMLElement;
  readonly axis: HTMLElement;
  readonly readout: HTMLElement;
  readonly scale: HeatScale;
  readonly table: ValueTable;
  readonly exemplars: ExemplarList;
  readonly budget: HTMLElement;
}

/** What can be drawn of a number. Why nothing of an infinite one: its axis would have no ticks, and no room for the others. */
const toDrawable = (value: number | null = null): number | null => (Number.isFinite(value) ? value : null);

/** Adds a time without numbers where nothing was read for long, so that no line is drawn across. */
function padGaps(columns: readonly Column[], maxGapSeconds: number): Column[] {
  return columns.flatMap((column, i) => {
    const before = columns[i - 1];
    if (before === undefined || column.time - before.time <= maxGapSeconds) return [column];
    return [{ ...column, time: (before.time + column.time) / 2, lines: new Map() }, column];
  });
}

const describeRow = ({ lower, upper }: Row, spell: Spell): string => `${spell(lower)} to ${spell(upper)}`;

/** Finds the line that is the nearest to a value, at one of the times. */
function findNearest(lines: readonly Line[], index: number, level: number): Line | undefined {
  const distanceOf = ({ values }: Line): number => Math.abs((values[index] ?? Infinity) - level);
  const [nearest] = [...lines].sort((a, b) => distanceOf(a) - distanceOf(b));
  return nearest === undefined || !Number.isFinite(distanceOf(nearest)) ? undefined : nearest;
}

/** Sorts by the numbers in titles too, so that `q2` comes before `q10`. */
const compareTitles = (a: string, b: string): number => a.localeCompare(b, 'en', { numeric: true });
