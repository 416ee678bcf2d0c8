/** The bridge of the Electron shell: all that the page is given of this machine. */
import { contextBridge, ipcRenderer } from 'electron';
import { EVENT, LISTEN, REQUEST } from '../ipc/channels.ts';
import { createBridge } from './bridge.ts';

contextBridge.exposeInMainWorld(
  'wayfare',
  createBridge({
    request: (verb, request) => ipcRenderer.invoke(REQUEST, verb, request),
    listen(listener) {
      ipcRenderer.on(EVENT, (_, event) => listener(event));
      void ipcRenderer.invoke(LISTEN);
    },
  }),
);
