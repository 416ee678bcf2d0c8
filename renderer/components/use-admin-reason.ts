import { useLingui } from '@lingui/react';
import { useAppState } from '../store/app-state.ts';

/** Why this person cannot edit, in words; null where they can. */
export function useAdminReason(): string | null {
  const { i18n } = useLingui();
  const link = useAppState((state) => state.link);
  if (link.kind !== 'reached') return i18n._('The helper is not reached.');
  if (link.role === 'admin') return null;
  return i18n._('Only administrators can change this: root, and members of the group wayfare-admin.');
}
