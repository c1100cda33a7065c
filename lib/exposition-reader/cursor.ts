const quote = 34;
const backslash = 92;
const lineFeed = 10;

/** Ends the reading where Prometheus ends it. */
export class Refusal extends Error {
  constructor(
    readonly at: number,
    readonly what: string,
  ) {
    super(what);
  }
}

/** A place in a text, moved forward by what is read. */
export class Cursor {
  at = 0;

  constructor(readonly text: string) {}

  /** The character at the cursor; the empty text at the end. */
  get character(): string {
    return this.text.charAt(this.at);
  }

  get isAtEnd(): boolean {
    return this.at >= this.text.length;
  }

  stands(character: string): boolean {
    return this.text.charAt(this.at) === character;
  }

  /** Reads what the sticky pattern matches here; the empty text where it does not match. */
  match(pattern: RegExp): string {
    pattern.lastIndex = this.at;
    const [found = ''] = pattern.exec(this.text) ?? [];
    this.at += found.length;
    return found;
  }

  /** Reads this one character where it stands here. */
  take(character: string): boolean {
    if (!this.stands(character)) return false;
    this.at++;
    return true;
  }

  /** Reads up to the end of the line, without the line feed. */
  restOfLine(): string {
    const end = this.text.indexOf('\n', this.at);
    const start = this.at;
    this.at = end === -1 ? this.text.length : end;
    return this.text.slice(start, this.at);
  }

  /**
   * Reads a quoted text, and returns what stands between the quotes; `undefined` where it does not end, or where a
   * backslash stands before a line feed.
   *
   * Why no regular expression: one for millions of characters overflows its stack.
   */
  quoted(): string | undefined {
    const start = this.at + 1;
    for (let at = start; at < this.text.length; at++) {
      const code = this.text.charCodeAt(at);
      if (code === backslash) {
        at++;
        if (this.text.charCodeAt(at) === lineFeed) return undefined;
      } else if (code === quote) {
        this.at = at + 1;
        return this.text.slice(start, at);
      }
    }
    return undefined;
  }

  refuse(what: string, at = this.at): never {
    throw new Refusal(at, what);
  }
}
