/** What is said in passing, in the corner. It waits while the pointer or the keyboard is on it; F8 leads there. */
import { useLingui } from '@lingui/react';
import clsx from 'clsx';
import { CircleCheck, TriangleAlert, X } from 'lucide-react';
import { Toast } from 'radix-ui';
import { shortened } from '../lib/shortened.ts';
import { type Announcement, dismiss, useAnnouncements } from '../store/announcements.ts';
import { IconButton } from './Button.tsx';
import styles from './Toasts.module.css';

const SHOWN_MS = { failure: 20_000, done: 5_000 } as const;

export function Toasts() {
  const { i18n } = useLingui();
  const shown = useAnnouncements((state) => state.shown);
  return (
    <Toast.Provider label={i18n._('Message')} swipeDirection="right">
      {shown.map((each) => (
        <Item key={each.id} announcement={each} />
      ))}
      <Toast.Viewport
        className={styles.viewport}
        label={i18n._('Messages ({hotkey})', { hotkey: '{hotkey}' })}
      />
    </Toast.Provider>
  );
}

function Item({ announcement }: { readonly announcement: Announcement }) {
  const { i18n } = useLingui();
  const { id, kind, what, detail } = announcement;
  const Icon = kind === 'failure' ? TriangleAlert : CircleCheck;
  return (
    <Toast.Root
      className={clsx(styles.toast, styles[kind])}
      type={kind === 'failure' ? 'foreground' : 'background'}
      duration={SHOWN_MS[kind]}
      onOpenChange={(isOpen) => isOpen || dismiss(id)}
    >
      <Icon aria-hidden size={18} />
      <div className={styles.words}>
        <Toast.Title className={styles.what} dir="auto">
          {shortened(what)}
        </Toast.Title>
        {detail !== '' && (
          <Toast.Description className={styles.detail} dir="auto">
            {shortened(detail)}
          </Toast.Description>
        )}
      </div>
      <Toast.Close asChild>
        <IconButton className={styles.close} label={i18n._('Dismiss')}>
          <X aria-hidden size={16} />
        </IconButton>
      </Toast.Close>
    </Toast.Root>
  );
}
