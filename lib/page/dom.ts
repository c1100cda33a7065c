type Child = Node | string;

/** Creates an element. Texts become text, never markup: what they say may come from anywhere. */
export function create<T extends keyof HTMLElementTagNameMap>(
  tag: T,
  attributes: Readonly<Record<string, string>> = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[T] {
  const created = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) created.setAttribute(name, value);
  created.append(...children);
  return created;
}

/** A choice of a list. */
export interface Option {
  readonly value: string;
  readonly text: string;
}

/** Creates a list of choices with its name before it. */
export function createSelect(
  name: string,
  options: readonly Option[],
  onChange: (value: string) => void,
): { readonly label: HTMLLabelElement; readonly select: HTMLSelectElement } {
  const select = create('select');
  setOptions(select, options);
  select.addEventListener('change', () => onChange(select.value));
  return { label: create('label', {}, create('span', {}, name), select), select };
}

/** Replaces the choices of a list. The chosen one stays, if it is still there. */
export function setOptions(select: HTMLSelectElement, options: readonly Option[]): void {
  const { value } = select;
  select.replaceChildren(...options.map((one) => create('option', { value: one.value }, one.text)));
  if (options.some((one) => one.value === value)) select.value = value;
}

/** Sets a text where it differs. Why: a screen reader, and a reader who selects text, need not notice each poll. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

const probe = create('span', { hidden: '' });

/**
 * The colour of this name in the page's style, as it is now.
 *
 * Why by an element: the value of the name itself is one for light and one for dark colours, and a canvas needs the one of now.
 */
export function readColour(name: string): string {
  if (!probe.isConnected) document.body.append(probe);
  probe.style.color = `var(${name})`;
  return getComputedStyle(probe).color;
}
