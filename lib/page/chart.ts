import uPlot from 'uplot';
import { create, readColour } from './dom.js';
import type { Row } from './heat-rows.js';
import { clock, type Spell } from './units.js';

/** How many lines are drawn: there are as many colours. */
export const maxLines = 8;

/** A line of a graph. */
export interface Line {
  readonly title: string;
  /** Which colour it has, from 0. */
  readonly colour: number;
  /** A number for each time; `null` where there is none. */
  readonly values: readonly (number | null)[];
}

/** A point that is drawn on its own. */
export interface Point {
  readonly time: number;
  readonly value: number;
}

/** What a graph has to draw. */
export interface Drawing {
  /** Seconds since the epoch. */
  readonly times: readonly number[];
  /** The first and the last time of the axis. */
  readonly range: readonly [from: number, to: number];
  /** The steps between the ticks of the value axis; `undefined` where decimal ones serve. */
  readonly steps: readonly number[] | undefined;
  readonly spell: Spell;
  readonly lines: readonly Line[];
  readonly points: readonly Point[];
  /** The rows of a heat map, what each time has in them, and what the strongest colour stands for. */
  readonly heat?: {
    readonly rows: readonly Row[];
    readonly cells: readonly (readonly number[])[];
    readonly most: number;
  };
}

/** Where the cursor is. */
export interface CursorPosition {
  /** Which of the times. */
  readonly index: number;
  /** Which value, or row of a heat map, under the mouse; `undefined` where the keyboard has moved it. */
  readonly level: number | undefined;
}

const height = 220;
const dashes: readonly number[][] = [[], [8, 4], [2, 3]];
const fontSize = 12;
const font = `${fontSize}px system-ui, sans-serif`;
/** Between the texts of two ticks, in pixels. */
const tickGap = 10;
/** Where the cursor stands on the value axis while the keyboard moves it: at no value. */
const keyboardTop = 0;
/** An axis ends here, so that the distance of its ends is a number. */
const greatest = Number.MAX_VALUE / 4;

/** A graph with a time axis, a value axis and a cursor. */
export class Chart {
  readonly #element: HTMLElement;
  readonly #onCursor: (position: CursorPosition | undefined) => void;
  #plot: uPlot | undefined;
  #key = '';
  #drawing: Drawing | undefined;

  constructor(element: HTMLElement, onCursor: (position: CursorPosition | undefined) => void) {
    this.#element = element;
    this.#onCursor = onCursor;
    new ResizeObserver(() => this.#plot?.setSize(this.#size())).observe(element);
  }

  draw(drawing: Drawing): void {
    this.#drawing = drawing;
    const key = JSON.stringify([
      drawing.steps,
      drawing.heat === undefined,
      drawing.lines.map((one) => [one.title, one.colour]),
    ]);
    if (this.#plot === undefined || key !== this.#key) this.#create(drawing);
    else this.#plot.setData(toData(drawing));
    this.#key = key;
  }

  /** Draws everything again, for example in other colours. */
  redraw(): void {
    if (this.#drawing !== undefined) this.#create(this.#drawing);
  }

  /** Removes the graph until something is drawn again. */
  clear(): void {
    this.#plot?.destroy();
    this.#plot = undefined;
    this.#drawing = undefined;
  }

  /** Moves the cursor to one of the times; `null` removes it. */
  moveCursor(index: number | null): void {
    const time = index === null ? undefined : this.#drawing?.times[index];
    const plot = this.#plot;
    if (plot === undefined) return;
    const left = time === undefined ? -10 : plot.valToPos(time, 'x');
    plot.setCursor({ left, top: time === undefined ? -10 : keyboardTop });
    // Why beside the event: a place outside the graph is none of its own.
    this.#onCursor(time === undefined || index === null ? undefined : { index, level: undefined });
  }

  #size(): { width: number; height: number } {
    return { width: Math.max(this.#element.clientWidth, 120), height };
  }

  #create(drawing: Drawing): void {
    this.#plot?.destroy();
    const ink = readColour('--soft');
    const line = readColour('--line');
    const axis = {
      stroke: ink,
      grid: { stroke: line, width: 1 },
      ticks: { stroke: line, width: 1 },
      font,
    };
    const options: uPlot.Options = {
      ...this.#size(),
      legend: { show: false },
      // Why at the right: the last time of the axis is as much beyond it.
      padding: [null, () => Math.ceil(measure(clock(0, true)) / 2), null, null],
      cursor: { drag: { x: false, y: false }, y: false, points: { show: drawing.heat === undefined } },
      scales: {
        x: { time: true, range: () => [...(this.#drawing as Drawing).range] },
        y: { range: (_plot, least, most) => this.#valueRange(least, most) },
      },
      axes: [
        {
          ...axis,
          size: 34,
          space: (_plot, _axis, from, to) => measure(clock(from, hasSeconds(to - from))) + tickGap,
          values: (_plot, splits, _axis, _space, step) => splits.map((at) => clock(at, step < 60)),
        },
        {
          ...axis,
          values: (_plot, splits) => splits.map((at) => this.#spellSplit(at)),
          size: (_plot, values) => 16 + Math.max(20, ...(values ?? []).map(measure)),
          ...(drawing.heat !== undefined && { splits: () => this.#splitRows(), grid: { show: false } }),
          ...(drawing.heat === undefined && drawing.steps !== undefined && { incrs: [...drawing.steps] }),
        },
      ],
      series: [{}, ...toSeries(drawing)],
      hooks: {
        setCursor: [(plot) => this.#onCursor(positionOf(plot))],
        drawClear: [(plot) => this.#drawHeat(plot)],
        draw: [(plot) => this.#drawPoints(plot)],
      },
    };
    this.#element.replaceChildren();
    this.#plot = new uPlot(options, toData(drawing), this.#element);
  }

  #valueRange(least: number | null, most: number | null): [number, number] {
    const { heat } = this.#drawing as Drawing;
    if (heat !== undefined) return [0, Math.max(1, heat.rows.length)];
    const [low, high] = [Math.min(0, least ?? 0), Math.max(0, most ?? 0)];
    if (low === high) return [0, 1];
    return [Math.max(-greatest, low * 1.05), Math.min(greatest, high * 1.05)];
  }

  /** The rows between which a bound is written. */
  #splitRows(): number[] {
    const length = this.#drawing?.heat?.rows.length ?? 0;
    const step = Math.max(1, Math.ceil(length / 8));
    return Array.from({ length: Math.floor(length / step) + 1 }, (_, i) => i * step);
  }

  #spellSplit(at: number): string {
    const { heat, spell } = this.#drawing as Drawing;
    if (heat === undefined) return spell(at);
    const bound = at === 0 ? heat.rows[0]?.lower : heat.rows[at - 1]?.upper;
    return bound === undefined ? '' : spell(bound);
  }

  #drawHeat(plot: uPlot): void {
    const { heat, times } = this.#drawing as Drawing;
    if (heat === undefined) return;
    const { ctx } = plot;
    ctx.save();
    ctx.fillStyle = readColour('--c0');
    for (const [i, time] of times.entries()) {
      const before = times[i - 1] ?? time - 2;
      // Why whole pixels: where two cells share one, there is a line between them.
      const left = Math.round(plot.valToPos(Math.max(before, time - 10), 'x', true));
      const width = Math.round(plot.valToPos(time, 'x', true)) - left;
      for (const [row, count] of (heat.cells[i] ?? []).entries()) {
        if (count <= 0 || left < plot.bbox.left) continue;
        const top = Math.round(plot.valToPos(row + 1, 'y', true));
        // Why by the root: a few observations beside many must be seen.
        ctx.globalAlpha = 0.1 + 0.9 * Math.sqrt(count / heat.most);
        ctx.fillRect(left, top, width, Math.round(plot.valToPos(row, 'y', true)) - top);
      }
    }
    ctx.restore();
  }

  #drawPoints(plot: uPlot): void {
    const { points } = this.#drawing as Drawing;
    const { ctx, bbox } = plot;
    ctx.save();
    ctx.fillStyle = readColour('--ink');
    const size = 4 * devicePixelRatio;
    for (const { time, value } of points) {
      const [x, y] = [plot.valToPos(time, 'x', true), plot.valToPos(value, 'y', true)];
      if (x < bbox.left || x > bbox.left + bbox.width || y < bbox.top || y > bbox.top + bbox.height) continue;
      ctx.beginPath();
      ctx.moveTo(x, y - size);
      ctx.lineTo(x + size, y);
      ctx.lineTo(x, y + size);
      ctx.lineTo(x - size, y);
      ctx.fill();
    }
    ctx.restore();
  }
}

/** A short time has ticks between the minutes. */
const hasSeconds = (range: number): boolean => range < 180;

const pen = create('canvas').getContext('2d');

/** How wide a text of an axis is, in pixels. */
function measure(text: string): number {
  if (pen === null) return text.length * fontSize;
  pen.font = font;
  return Math.ceil(pen.measureText(text).width);
}

function positionOf({ cursor, posToVal }: uPlot): CursorPosition | undefined {
  const { idx, top = -1 } = cursor;
  if (idx === null || idx === undefined) return undefined;
  return { index: idx, level: top <= keyboardTop ? undefined : posToVal(top, 'y') };
}

const toData = ({ times, lines, heat }: Drawing): uPlot.AlignedData => [
  [...times],
  // Why a line of nothing: a heat map is drawn by itself, and the graph needs a series for its cursor.
  ...(heat === undefined ? lines.map(({ values }) => [...values]) : [times.map(() => null)]),
];

const toSeries = ({ lines, heat }: Drawing): uPlot.Series[] =>
  heat === undefined
    ? lines.map(({ title, colour }) => ({
        label: title,
        stroke: readColour(`--c${colour}`),
        width: 1.75,
        dash: dashes[colour % dashes.length] ?? [],
        points: { size: 4, fill: readColour(`--c${colour}`) },
      }))
    : [{ label: 'observations' }];
