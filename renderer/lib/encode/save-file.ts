/** Hands bytes to the person as a file, in the way of the browser: into their downloads, or where they say. */
export function saveFile(fileName: string, content: Uint8Array<ArrayBuffer> | string, type: string): void {
  const url = URL.createObjectURL(new Blob([content], { type }));
  const link = document.createElement('a');
  link.href = url;
  link.download = fileName;
  link.click();
  // The download has begun by then, and the key in it does not stay in memory.
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
