/**
 * What goes over the WebSocket of the browser shell, one JSON value a text frame. What a request, a reply and an event
 * hold is checked as over Electron's messages: by dispatch (electron/app) and by the bridge (electron/preload).
 */
import * as z from 'zod';

const id = z.int().min(0);

export const requestFrame = z.strictObject({ id, verb: z.string(), request: z.unknown() });
/** The first is the proof that it is the shell of the page. A reply has the id of its request. */
export const shellFrame = z.union([
  z.strictObject({ proof: z.string() }),
  z.strictObject({ id, reply: z.unknown() }),
  z.strictObject({ event: z.unknown() }),
]);

export type RequestFrame = z.output<typeof requestFrame>;
export type ShellFrame = z.output<typeof shellFrame>;
