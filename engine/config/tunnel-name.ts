/** Tunnel names, which are interface names too: Linux's 15 bytes, wg-quick(8)'s characters. */

const MAX_NAME_LENGTH = 15;
const TUNNEL_NAME = /^[a-zA-Z0-9_=+.-]{1,15}$/;
const FALLBACK_NAME = 'tunnel';

export function isTunnelName(name: string): boolean {
  return TUNNEL_NAME.test(name) && name !== '.' && name !== '..';
}

/**
 * A valid name for the tunnel of a file, as close to the file's name as the rules allow: folders and `.conf` go,
 * accents fall off letters, other characters become `-`, the rest is cut at 15 characters.
 *
 * @param fileName name or path of the file, with either kind of slash
 * @param taken names that exist; they are compared without case, as file systems may do
 * @returns a name for which `isTunnelName` holds and that is not in `taken`; on collision it ends in `-2`, `-3`, …
 */
export function tunnelNameFromFile(fileName: string, taken: Iterable<string> = []): string {
  const takenNames = new Set(Array.from(taken, (name) => name.toLowerCase()));
  const base = closestName(fileName);
  for (let count = 1; ; count++) {
    const suffix = count === 1 ? '' : `-${count}`;
    const name = base.slice(0, MAX_NAME_LENGTH - suffix.length) + suffix;
    if (!takenNames.has(name.toLowerCase())) return name;
  }
}

function closestName(fileName: string): string {
  const lastPart = fileName.slice(Math.max(fileName.lastIndexOf('/'), fileName.lastIndexOf('\\')) + 1);
  const name = lastPart
    .slice(0, 255)
    .replace(/\.conf$/i, '')
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/[^a-zA-Z0-9_=+.-]+/g, '-')
    // A leading dot hides files, a leading dash reads as an option on a command line.
    .replace(/^[.-]+/, '')
    .slice(0, MAX_NAME_LENGTH)
    .replace(/[.-]+$/, '');
  return name === '' ? FALLBACK_NAME : name;
}
