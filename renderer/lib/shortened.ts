/** What a config or a network names may be of any length; what is read of it is not. */
const LONGEST = 400;

/** @returns the text, or its beginning with an ellipsis */
export function shortened(text: string): string {
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST)}…`;
}
