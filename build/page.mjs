// @ts-check
/** Builds the page, renderer/, into dist/page, with the bridge of the browser shell. */
import { join } from 'node:path';
import react from '@vitejs/plugin-react';
import { build as bundleScript } from 'esbuild';
import { build } from 'vite';
import { ROOT } from './setup.mjs';

/** The messages are compiled by then. @param {string} folder where it goes */
export async function buildPage(folder) {
  // Vitest sets it for its own, and React would be built with its warnings.
  const { NODE_ENV } = process.env;
  process.env.NODE_ENV = 'production';
  await build({
    root: join(ROOT, 'renderer'),
    base: './',
    configFile: false,
    logLevel: 'warn',
    plugins: [react()],
    build: { outDir: folder, emptyOutDir: true, target: 'es2023', sourcemap: false, assetsInlineLimit: 0 },
  }).finally(() => {
    process.env.NODE_ENV = NODE_ENV;
  });
  await bundleScript({
    entryPoints: [join(ROOT, 'electron', 'preload', 'browser.ts')],
    outfile: join(folder, 'bridge.js'),
    bundle: true,
    minify: true,
    format: 'iife',
    target: 'es2023',
    logLevel: 'silent',
  });
}
