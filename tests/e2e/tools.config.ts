/** What runs in the tests' world and tests nothing: `npm run screenshots`, `npm run figures`. */
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['tests/e2e/{screenshots,figures}.ts'],
    globalSetup: './tests/support/browser-server.ts',
    fileParallelism: false,
    testTimeout: 600_000,
    hookTimeout: 120_000,
  },
});
