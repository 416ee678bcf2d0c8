/** A tunnel's `.conf` under the person's hands. @param name null for a new one */
export function EditorView(_: { readonly name: string | null }) {
  return null;
}
