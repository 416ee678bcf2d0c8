/** Whether two tunnels claim the same addresses, which the helper lets only one of them have. */

/** Numbers of addresses, those of IPv6 behind those of IPv4. */
export interface AddressRange {
  readonly first: bigint;
  readonly last: bigint;
}

const FIRST_V6 = 1n << 32n;

/** @param prefixes as the helper writes them, such as `10.0.0.0/8`. @returns them in order, each a range */
export function rangesOf(prefixes: readonly string[]): AddressRange[] {
  return prefixes
    .map(rangeOf)
    .sort((one, other) => (one.first < other.first ? -1 : one.first > other.first ? 1 : 0));
}

/** @param some and @param others in order */
export function rangesMeet(some: readonly AddressRange[], others: readonly AddressRange[]): boolean {
  let [at, otherAt] = [0, 0];
  for (;;) {
    const [one, other] = [some[at], others[otherAt]];
    if (one === undefined || other === undefined) return false;
    if (one.last < other.first) at++;
    else if (other.last < one.first) otherAt++;
    else return true;
  }
}

function rangeOf(text: string): AddressRange {
  const [address = '', length = ''] = text.split('/');
  const isV6 = address.includes(':');
  const width = isV6 ? 128 : 32;
  const size = 1n << BigInt(length === '' ? 0 : width - Number(length));
  const number = isV6 ? v6Number(address) : v4Number(address);
  const first = number - (number % size) + (isV6 ? FIRST_V6 : 0n);
  return { first, last: first + size - 1n };
}

function v4Number(address: string): bigint {
  return BigInt(address.split('.').reduce((sum, byte) => sum * 256 + Number(byte), 0));
}

/** RFC 4291, section 2.2; without the dotted form, which the helper does not write. */
function v6Number(address: string): bigint {
  const [head = [], tail = []] = address
    .split('::')
    .map((half) => half.split(':').filter((word) => word !== ''));
  const words = [...head, ...Array<string>(8 - head.length - tail.length).fill('0'), ...tail];
  return BigInt(`0x${words.map((word) => word.padStart(4, '0')).join('')}`);
}
