/**
 * What a person is told in English, and by windows in other languages too: they look its template up among their
 * messages. The comment before a template, which must be one literal, has `npm run messages` collect it.
 */

export interface Sentence {
  /** Such as `{key} has no value`. */
  readonly template: string;
  /** A part may be a sentence of its own. */
  readonly values: Readonly<Record<string, string | Sentence>>;
}

type Placeholders<T extends string> = T extends `${string}{${infer Name}}${infer Rest}`
  ? Name | Placeholders<Rest>
  : never;
export type ValuesOf<T extends string> = Readonly<Record<Placeholders<T>, string | Sentence>>;

export function sentence<T extends string>(template: T, values: ValuesOf<T>): Sentence {
  return { template, values };
}

export function inEnglish(said: string | Sentence): string {
  if (typeof said === 'string') return said;
  return said.template.replace(/\{(\w+)\}/g, (_, name: string) => inEnglish(said.values[name] ?? ''));
}
