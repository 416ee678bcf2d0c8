/**
 * `unit`, `page`, `kernels` and `integration` run their files side by side. The others make network namespaces, as root:
 * `alone` after them, one file at a time, so that what it measures is not the neighbours' load; then `netns` and `helper`,
 * and `e2e` last, side by side again.
 */
import { defineConfig } from 'vitest/config';
import { whyNoElectron } from './build/electron/binary.mjs';
import { whyNoNamespaceTests } from './build/prerequisites.mjs';

const noNamespaces = await whyNoNamespaceTests();
const inNamespaces = {
  testTimeout: 60_000,
  hookTimeout: 60_000,
  ...(noNamespaces === null ? {} : { runner: './tests/support/skip-all-runner.ts' }),
};
/** They wait more than they work. */
const sideBySide = { ...inNamespaces, maxWorkers: 3, sequence: { groupOrder: 2 } };
/** Where Electron cannot be started, build/test.mjs says so, and the suite is no part of the tests. */
const electronProjects =
  whyNoElectron() === null
    ? [{ extends: true as const, test: { name: 'electron', include: ['tests/e2e/electron.suite.ts'] } }]
    : [];
const PAGE_TESTS = ['tests/unit/renderer/**/*.test.{ts,tsx}'];
const HELPER_TESTS = ['tests/netns/{helper,dns,service}-*.test.ts'];
/** What they assert is about time or load. */
const ALONE = [
  'tests/netns/engine-{overload,full-socket,crowd}.test.ts',
  'tests/netns/helper-engine.test.ts',
];

export default defineConfig({
  test: {
    pool: 'forks',
    maxWorkers: '100%', // by default one core is left idle
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['tests/unit/**/*.test.ts'],
          exclude: PAGE_TESTS,
          isolate: false, // nothing of them is kept in modules, and a third of the time would go into loading those anew
          testTimeout: 30_000,
        },
      },
      {
        extends: true,
        test: { name: 'page', include: PAGE_TESTS, testTimeout: 30_000 },
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
          name: 'alone',
          include: ALONE,
          globalSetup: './tests/support/bundled-programs.ts',
          fileParallelism: false,
          sequence: { groupOrder: 1 },
          ...inNamespaces,
        },
      },
      {
        extends: true,
        test: {
          name: 'netns',
          include: ['tests/netns/**/*.test.ts'],
          exclude: [...HELPER_TESTS, ...ALONE],
          ...sideBySide,
        },
      },
      {
        extends: true,
        test: {
          name: 'helper',
          include: HELPER_TESTS,
          exclude: ALONE,
          globalSetup: './tests/support/bundled-programs.ts',
          ...sideBySide,
        },
      },
      ...electronProjects,
      {
        // The app's page in a browser, with a real helper and a real tunnel.
        extends: true,
        test: {
          name: 'e2e',
          include: ['tests/e2e/**/*.test.ts'],
          globalSetup: './tests/support/browser-server.ts',
          maxWorkers: 4,
          expect: { poll: { timeout: 20_000 } },
          sequence: { groupOrder: 3 },
          ...inNamespaces,
        },
      },
    ],
  },
});
