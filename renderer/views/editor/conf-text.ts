/** What the editor knows of a `.conf`'s text by itself: where its secrets stand. The app's parser knows the rest. */

export interface TextRange {
  readonly from: number;
  readonly to: number;
}

interface Setting {
  /** In lower case and without white space, as wg(8) reads it. */
  readonly key: string;
  /** Where the value stands, without the white space around it. */
  readonly value: TextRange;
}

/** In a secret's place. Always as long: how long a secret is, is none of a looker-on's business. */
export const DOTS = '•'.repeat(20);
const SECRET_KEYS = new Set(['privatekey', 'presharedkey']);
/** 32 bytes in base64. */
const ANY_KEY = /[A-Za-z0-9+/]{43}=/g;

/** Lines as Windows ends them, as all others. A carriage return elsewhere stays: to the parser it ends no line. */
export function withoutCrlf(text: string): string {
  return text.replaceAll('\r\n', '\n');
}

/** A new tunnel. Its empty lines are what a person has to fill in. */
export function templateWith(privateKey: string): string {
  return `[Interface]
PrivateKey = ${privateKey}
Address = 
DNS = 

[Peer]
PublicKey = 
AllowedIPs = 0.0.0.0/0, ::/0
Endpoint = 
PersistentKeepalive = 25
`;
}

/**
 * Private and preshared keys, behind `#` too, and whatever else looks like a key and is no public one: a line that is
 * half typed, or a command.
 */
export function secretRanges(text: string): TextRange[] {
  return linesOf(text).flatMap((line) => {
    const setting = settingIn(text, line);
    if (setting?.key === 'publickey') return [];
    if (setting !== null && SECRET_KEYS.has(setting.key))
      return setting.value.from < setting.value.to ? [setting.value] : [];
    return [...text.slice(line.from, line.to).matchAll(ANY_KEY)].map((match) => {
      const from = line.from + match.index;
      return { from, to: from + match[0].length };
    });
  });
}

export interface ComparedLine {
  /** Without its secrets. */
  readonly text: string;
  /** Whether the other text has no such line, white space apart. */
  readonly isNew: boolean;
}

export function comparedLines(text: string, other: string): ComparedLine[] {
  const known = new Set(other.split('\n').map(withoutSpace));
  const shown = withoutSecrets(text).split('\n');
  return text.split('\n').map((line, i) => ({ text: shown[i] ?? '', isNew: !known.has(withoutSpace(line)) }));
}

function withoutSpace(line: string): string {
  return line.replace(/\s+/g, '');
}

function withoutSecrets(text: string): string {
  return secretRanges(text).reduceRight(
    (shown, { from, to }) => shown.slice(0, from) + DOTS + shown.slice(to),
    text,
  );
}

/** The value of the last `PrivateKey`, which is the one that counts. */
export function privateKeyIn(text: string): string | null {
  const found = privateKeySetting(text);
  return found === null ? null : text.slice(found.value.from, found.value.to);
}

export interface TextChange extends TextRange {
  readonly insert: string;
}

/** The change that gives a text this private key, in the place of the one that it has. */
export function changeOfPrivateKey(text: string, privateKey: string): TextChange {
  const found = privateKeySetting(text);
  if (found !== null) {
    const { from, to } = found.value;
    return { from, to, insert: text[from - 1] === '=' ? ` ${privateKey}` : privateKey };
  }
  const section = linesOf(text).find(({ from, to }) => /^\s*\[interface\]/i.test(text.slice(from, to)));
  if (section === undefined) return { from: 0, to: 0, insert: `[Interface]\nPrivateKey = ${privateKey}\n\n` };
  return { from: section.to, to: section.to, insert: `\nPrivateKey = ${privateKey}` };
}

function privateKeySetting(text: string): Setting | null {
  const settings = linesOf(text).flatMap((line) =>
    text.slice(line.from, line.to).trimStart().startsWith('#') ? [] : (settingIn(text, line) ?? []),
  );
  return settings.findLast(({ key }) => key === 'privatekey') ?? null;
}

function settingIn(text: string, { from, to }: TextRange): Setting | null {
  const line = text.slice(from, to);
  const equals = line.indexOf('=');
  if (equals < 0) return null;
  const key = line
    .slice(0, equals)
    .replace(/[\s#]+/g, '')
    .toLowerCase();
  const comment = line.indexOf('#', equals);
  const isShown = SECRET_KEYS.has(key) && comment >= 0;
  const value = line.slice(equals + 1, isShown ? comment : undefined);
  const start = from + equals + 1 + (value.length - value.trimStart().length);
  return { key, value: { from: start, to: Math.max(start, from + equals + 1 + value.trimEnd().length) } };
}

function linesOf(text: string): TextRange[] {
  const lines: TextRange[] = [];
  let from = 0;
  for (const line of text.split('\n')) {
    lines.push({ from, to: from + line.length });
    from += line.length + 1;
  }
  return lines;
}
