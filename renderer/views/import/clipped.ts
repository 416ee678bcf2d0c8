/** Long enough for anything that is meant to be read. */
const MAX_CHARACTERS = 400;

/** A text from a stranger, as much of it as a preview has room for. */
export function clipped(text: string): string {
  return text.length <= MAX_CHARACTERS ? text : `${text.slice(0, MAX_CHARACTERS)}…`;
}
