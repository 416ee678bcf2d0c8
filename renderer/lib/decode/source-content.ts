/** What a file, an archive, a picture or a text holds. */
export interface SourceContent {
  /** What may be tunnels. The file's name has no folder, and is empty for what came without a file. */
  readonly confs: readonly { readonly fileName: string; readonly bytes: Uint8Array }[];
  /** What was left where it is, and why. */
  readonly notTaken: readonly { readonly name: string; readonly reason: string }[];
}
