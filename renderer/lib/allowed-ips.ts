/** Whether two tunnels claim the same addresses, which the helper lets only one of them have. */

interface Prefix {
  readonly isV6: boolean;
  readonly address: bigint;
  readonly length: number;
}

/** @param some and @param others as the helper writes them, such as `10.0.0.0/8` */
export function allowedIpsMeet(some: readonly string[], others: readonly string[]): boolean {
  const theirs = others.map(prefixOf);
  return some.map(prefixOf).some((one) => theirs.some((other) => meets(one, other)));
}

function meets(one: Prefix, other: Prefix): boolean {
  const width = one.isV6 ? 128 : 32;
  const rest = BigInt(width - Math.min(one.length, other.length));
  return one.isV6 === other.isV6 && one.address >> rest === other.address >> rest;
}

function prefixOf(text: string): Prefix {
  const [address = '', length = ''] = text.split('/');
  const isV6 = address.includes(':');
  return {
    isV6,
    address: isV6 ? v6Number(address) : v4Number(address),
    length: length === '' ? (isV6 ? 128 : 32) : Number(length),
  };
}

function v4Number(address: string): bigint {
  return address.split('.').reduce((sum, byte) => sum * 256n + BigInt(byte), 0n);
}

/** RFC 4291, section 2.2; without the dotted form, which the helper does not write. */
function v6Number(address: string): bigint {
  const [head = '', tail] = address.split('::').map((half) => half.split(':').filter((word) => word !== ''));
  const words = [...head, ...Array(8 - head.length - (tail?.length ?? 0)).fill('0'), ...(tail ?? [])];
  return words.reduce((sum, word) => sum * 65_536n + BigInt(`0x${word}`), 0n);
}
