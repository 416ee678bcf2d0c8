/**
 * Four projects: `unit`, `kernels` and `integration` run their files side by side; `netns` makes network namespaces as root, one
 * file at a time after the others, so that what it measures is not the neighbours' load.
 */
import { defineConfig } from 'vitest/config';
import { whyNoNamespaceTests } from './build/prerequisites.mjs';

const noNamespaces = await whyNoNamespaceTests();

export default defineConfig({
  test: {
    pool: 'forks',
    maxWorkers: '100%', // by default one core is left idle
    projects: [
      {
        extends: true,
        test: { name: 'unit', include: ['tests/unit/**/*.test.ts'], testTimeout: 30_000 },
      },
      {
        // The protocol's own tests once more, with the WebAssembly kernels beneath the same rules.
        extends: true,
        test: {
          name: 'kernels',
          include: ['tests/unit/{device,dataplane}/**/*.test.ts', 'tests/integration/bad-input.test.ts'],
          exclude: ['tests/unit/device/allowed-ips*.test.ts', 'tests/unit/dataplane/kernel-*.test.ts'],
          env: { TEST_CIPHER: 'kernels' },
          testTimeout: 30_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'integration',
          include: ['tests/integration/**/*.test.ts'],
          testTimeout: 30_000,
          hookTimeout: 30_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'netns',
          include: ['tests/netns/**/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          fileParallelism: false,
          sequence: { groupOrder: 1 },
          ...(noNamespaces === null ? {} : { runner: './tests/support/skip-all-runner.ts' }),
        },
      },
    ],
  },
});
