// @ts-check
/**
 * `node build/icons.mjs`: draws the PNGs of assets/ from its SVGs, with rsvg-convert (Debian: librsvg2-bin). They are
 * committed, so that a build needs no such program; a test holds them against this list.
 */
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, Failure, step } from './report.mjs';
import { hasProgram, run } from './run.mjs';
import { ROOT } from './setup.mjs';

/** @typedef {{ source: string, target: string, size: number }} Drawing size in pixels, both ways */

const APP_SIZES = [16, 22, 24, 32, 48, 64, 128, 256, 512];
const STATES = ['disconnected', 'connecting', 'connected', 'error'];
/** By the size that each desktop's panel takes, and twice that for a dense screen (electron/tray/tray-model.ts). */
const TRAY_KINDS = [
  { source: '', target: '', size: 22 },
  { source: '', target: '-16', size: 16 },
  { source: 'Template', target: 'Template', size: 18 },
];

/** @returns {Drawing[]} with paths from the root */
export function drawings() {
  const app = APP_SIZES.map((size) => ({
    source: 'assets/logo.svg',
    target: `assets/icons/${size}x${size}.png`,
    size,
  }));
  const tray = STATES.flatMap((state) =>
    TRAY_KINDS.flatMap(({ source, target, size }) =>
      [1, 2].map((scale) => ({
        source: `assets/tray/${state}${source}.svg`,
        target: `assets/tray/${state}${target}${scale === 1 ? '' : '@2x'}.png`,
        size: size * scale,
      })),
    ),
  );
  return [...app, ...tray];
}

async function draw() {
  if (!hasProgram('rsvg-convert')) throw new Failure('rsvg-convert is missing: install librsvg2-bin');
  for (const { source, target, size } of drawings()) {
    const file = join(ROOT, target);
    mkdirSync(dirname(file), { recursive: true });
    const pixels = ['--width', String(size), '--height', String(size)];
    await run('rsvg-convert', [...pixels, '--output', file, join(ROOT, source)]);
  }
}

if (process.argv[1] === import.meta.filename) {
  await step('drawing the icons', draw).catch((error) => {
    process.stderr.write(`${describe(error)}\n`);
    process.exitCode = 1;
  });
}
