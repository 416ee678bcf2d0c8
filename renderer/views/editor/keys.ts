/** The keys of wg-quick(8), as its manual spells them, and values that are often wanted. */
export const KEYS = {
  interface: [
    'PrivateKey',
    'Address',
    'DNS',
    'ListenPort',
    'MTU',
    'Table',
    'FwMark',
    'PreUp',
    'PostUp',
    'PreDown',
    'PostDown',
    'SaveConfig',
  ],
  peer: ['PublicKey', 'PresharedKey', 'AllowedIPs', 'Endpoint', 'PersistentKeepalive'],
} as const;

/** By key in lower case. */
export const VALUES: Readonly<Record<string, readonly string[]>> = {
  allowedips: ['0.0.0.0/0, ::/0', '0.0.0.0/0', '::/0', '10.0.0.0/8', '192.168.0.0/16', '172.16.0.0/12'],
  persistentkeepalive: ['25', 'off'],
  mtu: ['1420', '1280'],
  table: ['auto', 'off'],
  fwmark: ['off'],
  saveconfig: ['true', 'false'],
};
