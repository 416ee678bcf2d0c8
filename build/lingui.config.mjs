// @ts-check
/** `npm run messages`: the texts of renderer/, collected into renderer/locales/. English is written where it is used. */
import { fileURLToPath } from 'node:url';
import { defineConfig } from '@lingui/cli';
import { formatter } from '@lingui/format-po';

export default defineConfig({
  rootDir: fileURLToPath(new URL('..', import.meta.url)),
  sourceLocale: 'en',
  locales: ['en', 'de'],
  catalogs: [{ path: '<rootDir>/renderer/locales/{locale}', include: ['<rootDir>/renderer'] }],
  format: formatter({ lineNumbers: false }),
  compileNamespace: 'ts',
});
