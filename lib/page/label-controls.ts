import { createSelect, type Option, setOptions } from './dom.js';
import type { Choices, LabelChoice, LabelValues } from './grouping.js';

/** More values than that are too many for a list. */
const maxListedValues = 200;

interface Control {
  readonly select: HTMLSelectElement;
  /** The values that it lists, as one text. */
  values: string;
}

/** A list for each label of a family: which of its values are drawn, and whether each for itself. */
export class LabelControls {
  readonly #choices = new Map<string, LabelChoice>();
  readonly #controls = new Map<string, Control>();
  readonly #onChange: () => void;

  /** @param constant the labels that tell no series from another. */
  constructor(constant: readonly string[], onChange: () => void) {
    for (const name of constant) this.#choices.set(name, { by: 'all' });
    this.#onChange = onChange;
  }

  get choices(): Choices {
    return this.#choices;
  }

  /** Brings the lists up to date, in this element. */
  update(element: HTMLElement, labels: readonly LabelValues[]): void {
    for (const { name, values } of labels) {
      const control = this.#controls.get(name) ?? this.#create(element, name);
      const key = JSON.stringify(values);
      if (key === control.values) continue;
      control.values = key;
      const choice = this.#choices.get(name);
      setOptions(control.select, listOptions(values, choice));
      if (choice?.by === 'all') control.select.value = 'all';
    }
  }

  #create(element: HTMLElement, name: string): Control {
    const { label, select } = createSelect(name, [], (choice) => {
      this.#choices.set(name, parseChoice(choice));
      this.#onChange();
    });
    element.append(label);
    const control = { select, values: '' };
    this.#controls.set(name, control);
    return control;
  }
}

function listOptions(values: readonly string[], choice: LabelChoice | undefined): Option[] {
  const listed = new Set(values.slice(0, maxListedValues));
  // Why: while no series has the chosen value, as after a restart, the list must say what is chosen and lead back from it.
  if (choice?.by === 'value') listed.add(choice.value);
  return [
    { value: 'each', text: 'each value' },
    { value: 'all', text: 'all together' },
    ...[...listed].map((value) => ({ value: `=${value}`, text: value })),
  ];
}

function parseChoice(choice: string): LabelChoice {
  if (choice.startsWith('=')) return { by: 'value', value: choice.slice(1) };
  return choice === 'all' ? { by: 'all' } : { by: 'each' };
}
