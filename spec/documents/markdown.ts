/** A fenced code block of a document. */
export interface Fence {
  /** The language, the first word after the fence; `''` where there is none. */
  readonly language: string;
  /** The words after the language, e.g. `keeps-running`. */
  readonly flags: readonly string[];
  /** The file that the block shows, from a first line such as `// services.ts` or `# alerts.yml`. */
  readonly file: string | undefined;
  /** The content, without that first line. */
  readonly text: string;
  /** The line of the opening fence, from 1. */
  readonly line: number;
}

/** A heading, with the anchor that a link to it uses. */
export interface Heading {
  readonly depth: number;
  readonly text: string;
  readonly anchor: string;
  readonly line: number;
}

/** A link to somewhere else, as it is written. */
export interface Link {
  readonly text: string;
  readonly target: string;
  readonly line: number;
}

/** What the specs need to know of a Markdown text. */
export interface Markdown {
  readonly lines: readonly string[];
  readonly fences: readonly Fence[];
  readonly headings: readonly Heading[];
  readonly links: readonly Link[];
  /** The lines with those of fenced blocks emptied: what is read as prose. */
  readonly prose: readonly string[];
}

export function parseMarkdown(text: string): Markdown {
  const lines = text.split('\n');
  const { fences, prose } = splitFences(lines);
  return { lines, fences, prose, headings: findHeadings(prose), links: findLinks(prose) };
}

function splitFences(lines: readonly string[]): { fences: Fence[]; prose: string[] } {
  const fences: Fence[] = [];
  const prose: string[] = [];
  let open: { readonly info: string; readonly line: number; readonly content: string[] } | undefined;
  for (const [i, line] of lines.entries()) {
    if (open === undefined && /^\s*~~~|^\s+```/.test(line)) throw new Error(`the fence of line ${i + 1} is indented`);
    const info = /^```(.*)$/.exec(line)?.[1];
    if (info === undefined) {
      open?.content.push(line);
      prose.push(open === undefined ? line : '');
      continue;
    }
    if (open !== undefined) fences.push(toFence(open.info, open.content, open.line));
    open = open === undefined ? { info, line: i + 1, content: [] } : undefined;
    prose.push('');
  }
  if (open !== undefined) throw new Error(`the fence of line ${open.line} is not closed`);
  return { fences, prose };
}

function toFence(info: string, content: readonly string[], line: number): Fence {
  const [language = '', ...flags] = info.trim().split(/\s+/);
  const file = /^(?:\/\/|#) ([\w./-]+\.\w+)$/.exec(content[0] ?? '')?.[1];
  const shown = file === undefined ? content : content.slice(1);
  return { language, flags, file, text: shown.map((one) => `${one}\n`).join(''), line };
}

function findHeadings(prose: readonly string[]): Heading[] {
  const taken = new Map<string, number>();
  return prose.flatMap((line, i) => {
    const [, marks, text] = /^(#{1,6}) +(.*?) *#*$/.exec(line) ?? [];
    if (marks === undefined || text === undefined) return [];
    const slug = anchorOf(text);
    const count = taken.get(slug) ?? 0;
    taken.set(slug, count + 1);
    return [{ depth: marks.length, text, anchor: count === 0 ? slug : `${slug}-${count}`, line: i + 1 }];
  });
}

/** The anchor that GitHub gives a heading: lower case, no punctuation, hyphens for spaces. */
function anchorOf(heading: string): string {
  const text = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1');
  return text
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}\p{Pc} -]/gu, '')
    .replaceAll(' ', '-');
}

function findLinks(prose: readonly string[]): Link[] {
  return prose.flatMap((line, i) => {
    // Why without code: what stands in backticks is shown, and leads nowhere.
    const readable = line.replace(/(`+)(?!`).*?(?<!`)\1(?!`)/g, (code) => '·'.repeat(code.length));
    const inline = [...readable.matchAll(/\[([^\]]*)\]\(([^)\s]+)(?: "[^"]*")?\)/g)];
    const definitions = [...readable.matchAll(/^ {0,3}\[([^\]]+)\]: +(\S+)/g)];
    return [...inline, ...definitions].map(([, text = '', target = '']) => ({ text, target, line: i + 1 }));
  });
}
