import { useLingui } from '@lingui/react';
import clsx from 'clsx';
import { AlertDialog } from 'radix-ui';
import { type ReactNode, useRef } from 'react';
import { Button } from './Button.tsx';
import styles from './ConfirmDialog.module.css';
import frame from './DialogFrame.module.css';

interface ConfirmDialogProps {
  readonly title: ReactNode;
  /** What will be, and whether it can be undone. */
  readonly children: ReactNode;
  /** What is done, such as `Remove`. */
  readonly action: string;
  readonly isDangerous?: boolean;
  readonly onConfirm: () => void;
  readonly onClose: () => void;
}

/** Asks before something that is not easily undone. It is open while it is there. */
export function ConfirmDialog(props: ConfirmDialogProps) {
  const { i18n } = useLingui();
  const opener = useRef(document.activeElement);
  return (
    <AlertDialog.Root open onOpenChange={(isOpen) => isOpen || props.onClose()}>
      <AlertDialog.Portal>
        <AlertDialog.Overlay className={frame.overlay} />
        <AlertDialog.Content
          className={clsx(frame.frame, styles.dialog)}
          onCloseAutoFocus={(event) => {
            event.preventDefault(); // it has no trigger of its own to go back to
            returnFocus(opener.current);
          }}
        >
          <AlertDialog.Title>{props.title}</AlertDialog.Title>
          <AlertDialog.Description asChild>
            <div className={styles.text}>{props.children}</div>
          </AlertDialog.Description>
          <div className={styles.actions}>
            <AlertDialog.Cancel asChild>
              <Button>{i18n._('Cancel')}</Button>
            </AlertDialog.Cancel>
            <AlertDialog.Action asChild>
              <Button look={props.isDangerous ? 'danger' : 'primary'} onClick={props.onConfirm}>
                {props.action}
              </Button>
            </AlertDialog.Action>
          </div>
        </AlertDialog.Content>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  );
}

/** Where the keyboard was, or to the head of the view where that is gone, such as a menu's item. */
function returnFocus(opener: Element | null): void {
  const target = opener?.isConnected ? opener : document.querySelector('h1');
  if (target instanceof HTMLElement) target.focus();
}
