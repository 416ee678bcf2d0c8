/** What a helper says of an import and an edit, for tests that need it to be said. */
export const NOTHING_IMPORTED = { name: 'home', addresses: [], dns: [], peers: [], hooks: [], warnings: [] };
/** Of no config. */
export const NO_DIGEST = '0'.repeat(64);
