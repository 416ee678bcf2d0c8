/** What is looked at, and no more. The helper has the same cap on a `.conf`. */
export const MAX_CONF_BYTES = 1024 * 1024;
/** An archive or a picture. */
export const MAX_FILE_BYTES = 64 * 1024 * 1024;
