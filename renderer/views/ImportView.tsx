/** Everything that can become a tunnel, previewed before it is stored. */
export function ImportView() {
  return null;
}
