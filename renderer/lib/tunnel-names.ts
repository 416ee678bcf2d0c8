/** The rules for a tunnel's name, to be told while it is typed; the helper has the last word (its ipc/contract.ts). */
import { i18n } from './i18n.ts';

const MAX_LENGTH = 15;

/**
 * @param taken names that other tunnels have, or are about to get
 * @returns what is wrong with it, null for a good name
 */
export function nameProblem(name: string, taken: readonly string[]): string | null {
  if (name === '') return i18n._('Give it a name.');
  if (name.length > MAX_LENGTH) return i18n._('At most {most} characters.', { most: MAX_LENGTH });
  if (/[^a-zA-Z0-9_=+.-]/.test(name)) return i18n._('Only letters without accents, digits and _ = + . -');
  if (name.startsWith('-')) return i18n._('It cannot begin with “-”.');
  if (name === '.' || name === '..') return i18n._('Dots alone are no name.');
  if (taken.includes(name)) return i18n._('There is a tunnel of this name already.');
  return null;
}

/** The name itself, or `name-2`, `name-3`, …: the first that is not taken, in whatever case. */
export function freeName(name: string, taken: readonly string[]): string {
  const lowered = new Set(taken.map((each) => each.toLowerCase()));
  for (let count = 1; ; count++) {
    const suffix = count === 1 ? '' : `-${count}`;
    const candidate = name.slice(0, MAX_LENGTH - suffix.length) + suffix;
    if (!lowered.has(candidate.toLowerCase())) return candidate;
  }
}
