/** The bridge of the browser shell, loaded before the page: the same `window.wayfare` as Electron's preload makes. */
import { AppSocket, type Socket, type SocketListener } from './app-socket.ts';
import { createBridge } from './bridge.ts';

/** The shell that serves this file fills it in. */
const PROOF = '%PROOF%';

const socket = new AppSocket({ connect, proof: PROOF, clock: { sleep } });
addEventListener('online', () => socket.hurry());
document.addEventListener('visibilitychange', () => {
  if (document.visibilityState === 'visible') socket.hurry();
});

function connect({ onText, onClose }: SocketListener): Socket {
  const url = new URL('./socket', location.href);
  url.protocol = 'ws:';
  const opened = new WebSocket(url);
  opened.onmessage = ({ data }) => onText(data);
  opened.onclose = onClose;
  return opened;
}

function sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const stop = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop);
      resolve();
    }, milliseconds);
    signal.addEventListener('abort', stop);
  });
}

Object.defineProperty(window, 'wayfare', { value: Object.freeze(createBridge(socket)) });
