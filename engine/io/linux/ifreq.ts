/** struct ifreq (netdevice(7)): a 16-byte interface name, then 24 bytes that depend on the request. */
import koffi from 'koffi';
import { libc } from './libc.ts';

export const IFNAMSIZ = 16;
const IFREQ_LENGTH = 40;

/** Makes one ioctl with an ifreq. @returns the call's result, and the ifreq as the kernel left it */
export function ioctlWithIfreq(
  descriptor: number,
  request: number,
  name: string,
  fill: (ifreq: DataView) => void = () => {},
): { result: number; name: string; ifreq: DataView } {
  const bytes = new Uint8Array(IFREQ_LENGTH);
  bytes.set(Buffer.from(name).subarray(0, IFNAMSIZ - 1));
  const ifreq = new DataView(bytes.buffer);
  fill(ifreq);
  const result = libc.ioctl(descriptor, request, Number(koffi.address(bytes)));
  const end = bytes.indexOf(0);
  return { result, name: Buffer.from(bytes.subarray(0, end)).toString(), ifreq };
}
