/** The stored tunnels: Enter or a click shows one, and its switch connects it. */

import { StateMark } from '../components/StateMark.tsx';
import { stateText } from '../lib/state-text.ts';
import { useAppState } from '../store/app-state.ts';
import { hashOf } from '../store/navigation.ts';

export function TunnelList() {
  const tunnels = useAppState((state) => state.tunnels);
  return (
    <ul>
      {tunnels?.map((tunnel) => (
        <li key={tunnel.name}>
          <a href={hashOf({ kind: 'tunnel', name: tunnel.name })}>
            <StateMark state={tunnel.state} /> {tunnel.name} <small>{stateText(tunnel)}</small>
          </a>
        </li>
      ))}
    </ul>
  );
}
