import type { DrawnPanel, DrawnRow, PanelType } from './board.js';

/** Where a panel stands, in the 24 columns of Grafana's grid. */
export interface Position {
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}

/** A panel with its place and its number. */
export interface PlacedPanel extends DrawnPanel {
  readonly id: number;
  readonly at: Position;
}

/** A row with its place and its number. */
export interface PlacedRow extends DrawnRow {
  readonly id: number;
  readonly at: Position;
  readonly panels: readonly PlacedPanel[];
}

const columns = 24;

/**
 * Each row begins at a multiple of this many lines.
 *
 * Why: what is added to a row moves nothing below it, so that a change of one declaration is a small change of the file. Grafana
 * closes the gap. Source: Grafana, "JSON model": "The grid has a negative gravity that moves panels up if there is empty space
 * above a panel."
 */
const rowSpacing = 100;

const sizes: Readonly<Record<PanelType, readonly [w: number, h: number]>> = {
  stat: [6, 4],
  timeseries: [8, 8],
  piechart: [8, 8],
  heatmap: [8, 8],
};

/** Gives each row and panel its place and a number that stays the same whatever stands before it. */
export function layOut(rows: readonly DrawnRow[]): PlacedRow[] {
  const ids = new Ids();
  let y = 0;
  return rows.map((row) => {
    const at = { x: 0, y, w: columns, h: 1 };
    const { panels, bottom } = placePanels(row, y + 1, ids);
    y = Math.ceil(bottom / rowSpacing) * rowSpacing;
    return { ...row, id: ids.take(`row ${row.title}`), at, panels };
  });
}

function placePanels(row: DrawnRow, top: number, ids: Ids) {
  let [x, y, height] = [0, top, 0];
  const panels = row.panels.map((panel): PlacedPanel => {
    const [w, h] = sizes[panel.type ?? 'timeseries'];
    // Why a new line: the panels of one histogram stand beside each other.
    if (x + w > columns || panel.startsLine) [x, y, height] = [0, y + height, 0];
    const at = { x, y, w, h };
    [x, height] = [x + w, Math.max(height, h)];
    return { ...panel, id: ids.take(panel.key ?? `${row.title}: ${panel.title}`), at };
  });
  return { panels, bottom: y + height };
}

/** The numbers of panels, each made from what the panel is about. */
class Ids {
  readonly #taken = new Set<number>();

  take(key: string): number {
    let id = hashText(key);
    while (this.#taken.has(id)) id = (id % maxId) + 1;
    this.#taken.add(id);
    return id;
  }
}

/** Grafana keeps the number of a panel in 32 bits. */
const maxId = 2 ** 31 - 1;

/** Makes a number from 1 on that fits 32 bits of a text. Source: FNV-1a. */
export function hashText(text: string): number {
  let value = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) value = Math.imul(value ^ byte, 0x01000193);
  return ((value >>> 0) % maxId) + 1;
}
