/** Which view is shown: kept in the address, so that back and forward work, and nothing else is. */
import { create } from 'zustand';

export type View =
  | { readonly kind: 'tunnels' }
  | { readonly kind: 'tunnel'; readonly name: string }
  | { readonly kind: 'edit'; readonly name: string }
  | { readonly kind: 'new' }
  | { readonly kind: 'import' }
  | { readonly kind: 'split' }
  | { readonly kind: 'settings' }
  | { readonly kind: 'logs' }
  | { readonly kind: 'about' };

const PLAIN = ['tunnels', 'new', 'import', 'split', 'settings', 'logs', 'about'] as const;

export const useNavigation = create<{ readonly view: View }>()(() => ({ view: viewOf(location.hash) }));

addEventListener('hashchange', () => useNavigation.setState({ view: viewOf(location.hash) }));

export function show(view: View): void {
  location.hash = hashOf(view);
}

/** Such as `#/tunnel/home`. */
export function hashOf(view: View): string {
  return 'name' in view ? `#/${view.kind}/${encodeURIComponent(view.name)}` : `#/${view.kind}`;
}

export function viewOf(hash: string): View {
  const [, kind = '', name = ''] = hash.split('/');
  if ((kind === 'tunnel' || kind === 'edit') && name !== '') return { kind, name: decoded(name) };
  return { kind: PLAIN.find((each) => each === kind) ?? 'tunnels' };
}

/** An address that a person has typed may be malformed. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
