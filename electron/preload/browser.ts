/** The bridge of the browser shell, loaded before the page: the same `window.wayfare` as Electron's preload makes. */
import { createBridge, UNREACHABLE } from './bridge.ts';

const bridge = createBridge({
  async request(verb, request) {
    const reply = await fetch(`./api/${verb}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(request),
    });
    return reply.json();
  },
  listen(listener) {
    // The browser itself connects again, and hears the present state then.
    const events = new EventSource('./api/events');
    events.onmessage = ({ data }) => listener(JSON.parse(data));
    events.onerror = () => listener({ event: 'helper', link: { kind: 'unreachable', error: UNREACHABLE } });
  },
});

Object.defineProperty(window, 'wayfare', { value: Object.freeze(bridge) });
