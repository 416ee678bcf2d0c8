/** What is looked at, and no more. The helper has the same cap on a `.conf`. */
export const MAX_CONF_BYTES = 1024 * 1024;
/** An archive or a picture. */
export const MAX_FILE_BYTES = 64 * 1024 * 1024;
/** Of a picture, at four bytes each once it is drawn. A telephone's 64 megapixels are a few more than that. */
export const MAX_PIXELS = 70_000_000;
