/** Collects tests and runs none: each is reported as skipped by its name. See vitest.config.ts. */
import { type RunnerTask, type RunnerTestFile, TestRunner } from 'vitest';

function skip(task: RunnerTask): void {
  task.mode = 'skip';
  if ('tasks' in task) task.tasks.forEach(skip);
}

export default class SkipAllRunner extends TestRunner {
  onCollected(files: RunnerTestFile[]): void {
    files.forEach(skip);
  }
}
