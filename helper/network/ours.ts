/** The marks by which a helper knows what of the machine's network is ours, also what a killed one left. */

/** `proto` of routes and rules (ip-route(8)). */
export const OUR_PROTOCOL = '87';
/** `alias` of network interfaces (ip-link(8)). */
export const OUR_ALIAS = 'wayfare';
