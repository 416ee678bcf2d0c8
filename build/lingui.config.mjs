// @ts-check
/** `npm run messages`: the texts, collected into the locales/ of their folder. English is written where it is used. */
import { fileURLToPath } from 'node:url';
import { defineConfig } from '@lingui/cli';
import { formatter } from '@lingui/format-po';

export default defineConfig({
  rootDir: fileURLToPath(new URL('..', import.meta.url)),
  sourceLocale: 'en',
  locales: ['en', 'de'],
  catalogs: [
    // With what the parser says of a `.conf`, which windows show.
    {
      path: '<rootDir>/renderer/locales/{locale}',
      include: ['<rootDir>/renderer', '<rootDir>/engine/config'],
    },
    { path: '<rootDir>/electron/locales/{locale}', include: ['<rootDir>/electron'] },
  ],
  format: formatter({ lineNumbers: false }),
  orderBy: 'messageId',
  compileNamespace: 'ts',
});
