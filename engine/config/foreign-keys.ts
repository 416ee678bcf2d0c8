/** Keys that other clients write into a `.conf`. They get an answer that names the client, not "unknown key". */

export interface ForeignKey {
  /** As its own documentation spells it. */
  readonly key: string;
  readonly client: string;
  /** `refused` where the peer would speak another protocol without it; `left-out` where standard WireGuard goes on. */
  readonly verdict: 'refused' | 'left-out';
  /** What it does there: a template (sentence.ts). */
  readonly meaning: string;
}

const AMNEZIA_KEYS = [
  ...['Jc', 'Jmin', 'Jmax', 'S1', 'S2', 'S3', 'S4', 'H1', 'H2', 'H3', 'H4'],
  ...['I1', 'I2', 'I3', 'I4', 'I5', 'J1', 'J2', 'J3', 'Itime'],
];

const FOREIGN_KEYS: readonly ForeignKey[] = [
  ...AMNEZIA_KEYS.map(
    (key): ForeignKey => ({
      key,
      client: 'AmneziaWG',
      verdict: 'refused',
      meaning: /*i18n*/ "changes WireGuard's wire format, which a standard server cannot speak",
    }),
  ),
  {
    key: 'ObfuscateKey',
    client: 'TunSafe',
    verdict: 'refused',
    meaning: /*i18n*/ "changes WireGuard's wire format, which a standard server cannot speak",
  },
  {
    key: 'BlockDNS',
    client: 'TunSafe',
    verdict: 'left-out',
    meaning: /*i18n*/ 'blocks name servers outside the tunnel',
  },
  { key: 'BlockInternet', client: 'TunSafe', verdict: 'left-out', meaning: /*i18n*/ 'is its kill switch' },
  {
    key: 'ExcludedIPs',
    client: 'TunSafe',
    verdict: 'left-out',
    meaning: /*i18n*/ 'keeps addresses outside the tunnel',
  },
  ...['AllowedApps', 'DisallowedApps'].map(
    (key): ForeignKey => ({
      key,
      client: 'WireSock',
      verdict: 'left-out',
      meaning: /*i18n*/ 'chooses apps for the tunnel',
    }),
  ),
  {
    key: 'DisallowedIPs',
    client: 'WireSock',
    verdict: 'left-out',
    meaning: /*i18n*/ 'keeps addresses outside the tunnel',
  },
  ...['IncludedApplications', 'ExcludedApplications'].map(
    (key): ForeignKey => ({
      key,
      client: 'WireGuard for Android',
      verdict: 'left-out',
      meaning: /*i18n*/ 'chooses Android apps for the tunnel',
    }),
  ),
];

const BY_NAME = new Map(FOREIGN_KEYS.map((foreign) => [foreign.key.toLowerCase(), foreign]));

/** @param key in any case */
export function foreignKey(key: string): ForeignKey | null {
  return BY_NAME.get(key.toLowerCase()) ?? null;
}
