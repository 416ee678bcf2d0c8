import { useIsNarrow } from '../../components/use-is-narrow.ts';
import { useAppState } from '../../store/app-state.ts';
import { useNavigation } from '../../store/navigation.ts';
import { mainTunnel } from './order.ts';

/** Of the tunnel whose view is shown. */
export function useShownName(): string | undefined {
  const { view } = useNavigation();
  const isNarrow = useIsNarrow();
  const first = useAppState(({ tunnels }) => mainTunnel(tunnels ?? [])?.name);
  if (view.kind === 'tunnel') return view.name;
  return view.kind === 'tunnels' && !isNarrow ? first : undefined;
}
