/** What dataplane/kernels.ts calls. Addresses are offsets in packet memory. */
export { setKey } from './chacha20';
export { add as coalesce, configure as configureCoalescing, flush as flushCoalesced } from './coalesce';
export { openRun } from './open-run';
export { sealPacket, sealSegments, startRun } from './seal-run';
