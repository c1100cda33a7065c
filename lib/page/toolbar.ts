import { create, createSelect, setText } from './dom.js';

/** What the toolbar tells. */
export interface ToolbarEvents {
  readonly onSearch: (words: readonly string[]) => void;
  readonly onRange: (seconds: number) => void;
  readonly onPause: (isPaused: boolean) => void;
  readonly onTheme: () => void;
  readonly onCloseAll: () => void;
}

const ranges = [1, 5, 15];
/** How far back a graph goes at first, in minutes. */
export const initialMinutes = 5;
/** What the toolbar says then. */
export const nothingOpen = 'No graph is open, so no metric is read.';
const themes = ['auto', 'light', 'dark'];

/** The search field and the buttons above the families. */
export class Toolbar {
  readonly element: HTMLElement;
  readonly #found = create('output', { 'aria-live': 'polite' });
  readonly #status = create('p', { class: 'status' }, nothingOpen);
  /** Leads to the page itself. */
  readonly #news = create('a', { href: '', class: 'news', hidden: '' });
  readonly #search = create('input', {
    type: 'search',
    id: 'search',
    placeholder: 'Name, help or label',
    autocomplete: 'off',
  });

  constructor(events: ToolbarEvents) {
    this.#search.addEventListener('input', () => events.onSearch(toWords(this.#search.value)));
    const options = ranges.map((minutes) => ({ value: String(minutes), text: `${minutes} min` }));
    const range = createSelect('Range', options, (minutes) => events.onRange(Number(minutes) * 60));
    range.select.value = String(initialMinutes);
    const theme = createSelect(
      'Colours',
      themes.map((value) => ({ value, text: value })),
      (value) => {
        document.documentElement.dataset['theme'] = value;
        events.onTheme();
      },
    );
    this.element = create(
      'div',
      { class: 'toolbar', role: 'search' },
      create('label', { for: 'search', class: 'search' }, create('span', {}, 'Search'), this.#search),
      range.label,
      theme.label,
      createPauseButton(events.onPause),
      createButton('Close all', events.onCloseAll),
      this.#found,
      create('span', { 'aria-live': 'polite' }, this.#news),
      this.#status,
    );
    document.addEventListener('keydown', (event) => this.#onKey(event));
  }

  setFound(text: string): void {
    this.#found.textContent = text;
  }

  setStatus(text: string): void {
    this.#status.textContent = text;
  }

  /** Says what the page does not show yet. */
  setNews(text: string): void {
    setText(this.#news, text);
    this.#news.hidden = text === '';
  }

  /** As elsewhere, `/` leads to the search. */
  #onKey(event: KeyboardEvent): void {
    const isTyping = event.target instanceof HTMLElement && event.target.matches('input, select, textarea');
    if (event.key !== '/' || isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    this.#search.focus();
  }
}

function createButton(text: string, onClick: () => void): HTMLButtonElement {
  const button = create('button', { type: 'button' }, text);
  button.addEventListener('click', onClick);
  return button;
}

function createPauseButton(onPause: (isPaused: boolean) => void): HTMLButtonElement {
  let isPaused = false;
  const button = createButton('Pause', () => {
    isPaused = !isPaused;
    button.setAttribute('aria-pressed', String(isPaused));
    onPause(isPaused);
  });
  button.setAttribute('aria-pressed', 'false');
  return button;
}

const toWords = (text: string): string[] => text.toLowerCase().split(/\s+/).filter(Boolean);
