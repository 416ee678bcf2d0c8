/**
 * The corpus of `.conf` files on which Wayfare and wireguard-tools must agree, but for the disagreements that the
 * cases themselves give a reason for: valid, odd and broken ones.
 */
import type { ConfCase } from './conf-case.ts';
import { ENDPOINT_CASES } from './endpoints.ts';
import { INTERFACE_VALUE_CASES } from './interface-values.ts';
import { KEY_CASES } from './keys.ts';
import { LINE_CASES } from './lines.ts';
import { PEER_VALUE_CASES } from './peer-values.ts';

export type { ConfCase } from './conf-case.ts';

export const CONF_CORPUS: readonly ConfCase[] = [
  ...LINE_CASES,
  ...KEY_CASES,
  ...INTERFACE_VALUE_CASES,
  ...PEER_VALUE_CASES,
  ...ENDPOINT_CASES,
];
