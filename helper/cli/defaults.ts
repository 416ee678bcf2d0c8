/** Where an installed helper is, as the units in build/linux/ have it. */
export const DEFAULT_SOCKET = '/run/wayfare/helper.sock';
export const DEFAULT_STATE_DIR = '/var/lib/wayfare';
