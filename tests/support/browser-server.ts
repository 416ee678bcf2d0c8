/** One chromium for all files of the project `e2e`, and the programs they all run, bundled once. Vitest calls it before them. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import type { TestProject } from 'vitest/node';
import { bundleInto } from '../../build/bundle.mjs';
import { whyNoNamespaceTests } from '../../build/prerequisites.mjs';
import type {} from './bundled-programs.ts'; // what is provided

declare module 'vitest' {
  export interface ProvidedContext {
    /** Where chromium is talked to. */
    browser: string;
  }
}

export const CHROMIUM = '/usr/bin/chromium';
/** Chromium's sandbox does not work as root. */
export const CHROMIUM_ARGUMENTS = process.getuid?.() === 0 ? ['--no-sandbox'] : [];

export default async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  if ((await whyNoNamespaceTests()) !== null) return undefined; // every test is skipped
  const folder = mkdtempSync(join(tmpdir(), 'wayfare-e2e-'));
  const [browser] = await Promise.all([
    chromium.launchServer({ executablePath: CHROMIUM, args: CHROMIUM_ARGUMENTS }),
    bundleInto(join(folder, 'dist')),
  ]);
  project.provide('browser', browser.wsEndpoint());
  project.provide('programs', join(folder, 'dist'));
  return async () => {
    await browser.close();
    rmSync(folder, { recursive: true, force: true });
  };
}
