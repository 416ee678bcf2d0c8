// @ts-check
/** `fetch-page.mjs URL`: prints the page's title, size and time as JSON, or why there is none, and exits with 1. */

const TIMEOUT_MS = 10_000;

const started = performance.now();
try {
  const response = await fetch(process.argv[2] ?? '', { signal: AbortSignal.timeout(TIMEOUT_MS) });
  const bytes = new Uint8Array(await response.arrayBuffer());
  const title = /<title>(.*?)<\/title>/.exec(new TextDecoder().decode(bytes))?.[1] ?? '';
  const milliseconds = Math.round(performance.now() - started);
  process.stdout.write(JSON.stringify({ title, bytes: bytes.length, milliseconds }));
} catch (error) {
  const { cause = error } = /** @type {Error} */ (error);
  process.stderr.write(`${cause instanceof Error ? cause.message : cause}\n`);
  process.exitCode = 1;
}
