/**
 * One operation as it comes in, line by line. A device's largest configuration has hundreds of thousands of lines, which
 * as text take a third of what a string for each would.
 */

/** Few enough that the strings they are cut into are short-lived. */
const LINES_IN_BLOCK = 1_000;

export class Operation {
  /** The first line, `get=1` or `set=1`; empty before it has come. */
  #name = '';
  /** Joined lines. */
  readonly #blocks: string[] = [];
  #latest: string[] = [];

  get name(): string {
    return this.#name;
  }

  /** Without the name's. */
  get lineCount(): number {
    return this.#blocks.length * LINES_IN_BLOCK + this.#latest.length;
  }

  /** @param line neither empty nor with its newline */
  add(line: string): void {
    if (this.#name === '') {
      this.#name = line;
      return;
    }
    this.#latest.push(line);
    if (this.#latest.length < LINES_IN_BLOCK) return;
    this.#blocks.push(this.#latest.join('\n'));
    this.#latest = [];
  }

  /** Those after the name, as often as is asked. */
  *lines(): Generator<string> {
    for (const block of this.#blocks) yield* block.split('\n');
    yield* this.#latest;
  }
}
