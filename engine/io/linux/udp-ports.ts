/** Where the bearer's sockets come from: bound by the engine itself, or by a parent with the rights to mark them. */
import { SystemError } from '../../errors.ts';
import { adoptUdp, type BoundSockets, bindUdp, closeUdp, setMark, type UdpSocket } from './udp-socket.ts';

export interface UdpPorts {
  /** What is asked for before anybody asks. */
  readonly port: number;
  readonly mark: number;
  /** @param port 0 for a random one @throws SystemError where it will never be had */
  requirePort(port: number): void;
  /** @throws SystemError */
  bind(port: number, mark: number): BoundSockets;
  /** @throws SystemError */
  setMark(sockets: readonly UdpSocket[], mark: number): void;
  release(sockets: readonly UdpSocket[]): void;
}

export const ownUdpPorts: UdpPorts = {
  port: 0,
  mark: 0,
  requirePort() {},
  bind: bindUdp,
  setMark,
  release: closeUdp,
};

/**
 * One port for good. It stays bound while the interface is down, and neither it nor the mark can be changed.
 *
 * @param descriptors bound UDP sockets of one port, one a family; others are left alone @throws SystemError
 */
export function inheritedUdpPorts(descriptors: readonly number[]): UdpPorts {
  const { port, mark, sockets } = adoptUdp(descriptors);
  return {
    port,
    mark,
    requirePort(wanted) {
      if (wanted !== port) throw notPermitted(`listen on port ${wanted}`);
    },
    bind: () => ({ port, sockets }),
    setMark(_, wanted) {
      if (wanted !== mark) throw notPermitted(`set the firewall mark ${wanted}`);
    },
    release() {},
  };
}

function notPermitted(operation: string): SystemError {
  return new SystemError(
    operation,
    'EPERM',
    'change it in the tunnel’s config, and bring the tunnel up again',
  );
}
