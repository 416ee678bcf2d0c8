/** One chromium for all files of the project `e2e`, and the programs they all run, bundled once. Vitest calls it before them. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import type { TestProject } from 'vitest/node';
import { bundleInto } from '../../build/bundle.mjs';
import { whyNoNamespaceTests } from '../../build/prerequisites.mjs';
import type {} from './bundled-programs.ts'; // what is provided
import { filmOfQr } from './fake-camera.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Where chromium is talked to. */
    browser: string;
  }
}

export const CHROMIUM = '/usr/bin/chromium';
/** Chromium's sandbox does not work as root. */
export const CHROMIUM_ARGUMENTS = process.getuid?.() === 0 ? ['--no-sandbox'] : [];

/** Of the tunnel in the QR code that its camera sees. */
export const CAMERA_ADDRESS = '10.9.0.9/32';

export default async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  if ((await whyNoNamespaceTests()) !== null) return undefined; // every test is skipped
  const folder = mkdtempSync(join(tmpdir(), 'wayfare-e2e-'));
  const cameraText = `[Interface]\nPrivateKey = ${randomBytes(32).toString('base64')}\nAddress = ${CAMERA_ADDRESS}\n`;
  const film = join(folder, 'camera.y4m');
  writeFileSync(film, filmOfQr(cameraText));
  const camera = ['--use-fake-device-for-media-stream', `--use-file-for-fake-video-capture=${film}`];
  const [browser] = await Promise.all([
    chromium.launchServer({ executablePath: CHROMIUM, args: [...CHROMIUM_ARGUMENTS, ...camera] }),
    bundleInto(join(folder, 'dist')),
  ]);
  project.provide('browser', browser.wsEndpoint());
  project.provide('programs', join(folder, 'dist'));
  return async () => {
    await browser.close();
    rmSync(folder, { recursive: true, force: true });
  };
}
