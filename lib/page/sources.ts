import { create, setText } from './dom.js';
import type { FamilyReading } from './reading.js';
import { speller } from './units.js';

const spell = speller('seconds');

/** Brings the table of sources up to date. One that has ended stays, and says so. */
export function updateSources(section: HTMLElement, ages: FamilyReading): void {
  const bySource = new Map([...ages.values()].map(({ labels, value }) => [labels.get('source') ?? '', value]));
  for (const cell of section.querySelectorAll<HTMLElement>('[data-source]')) {
    const source = cell.dataset['source'] ?? '';
    const age = bySource.get(source);
    setText(cell, age === undefined ? 'has ended' : spell(age));
    bySource.delete(source);
  }
  const rows = [...bySource].map(([source, age]) => {
    const cell = create('span', { 'data-source': source }, spell(age));
    return create('tr', {}, create('td', {}, source), create('td', {}, cell));
  });
  section.querySelector('tbody')?.append(...rows);
  section.hidden = section.querySelector('tbody tr') === null;
}
