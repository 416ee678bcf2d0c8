/** The programs as they ship, bundled once for all files of a project. Vitest calls it before them. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { bundlePrograms } from '../../build/bundle.mjs';

declare module 'vitest' {
  export interface ProvidedContext {
    /** The folder of the programs. */
    programs: string;
  }
}

export default async function setup(project: TestProject): Promise<() => void> {
  const folder = mkdtempSync(join(tmpdir(), 'wayfare-programs-'));
  await bundlePrograms(join(folder, 'dist'));
  project.provide('programs', join(folder, 'dist'));
  return () => rmSync(folder, { recursive: true, force: true });
}
