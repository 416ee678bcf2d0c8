/** Configuration files for wg(8) and wg-quick(8), which take them by path alone. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A directory of its own, for secrets too; {@link close} removes it. */
export class ConfDirectory {
  readonly #path = mkdtempSync(join(tmpdir(), 'wayfare-test-conf-'));

  /** @returns the file's path */
  write(name: string, text: string): string {
    const path = join(this.#path, name);
    writeFileSync(path, text, { mode: 0o600 });
    return path;
  }

  close(): void {
    rmSync(this.#path, { recursive: true, force: true });
  }
}
