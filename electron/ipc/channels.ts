/** The names that Electron's main process and its preload share. */
export const REQUEST = 'wayfare:request';
export const LISTEN = 'wayfare:listen';
export const EVENT = 'wayfare:event';
