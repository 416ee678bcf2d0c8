import { useLingui } from '@lingui/react';
import clsx from 'clsx';
import { X } from 'lucide-react';
import { Dialog } from 'radix-ui';
import type { ReactNode } from 'react';
import { IconButton } from './Button.tsx';
import frame from './DialogFrame.module.css';
import styles from './ModalDialog.module.css';

interface ModalDialogProps {
  readonly title: ReactNode;
  /** What it is for, in a sentence. */
  readonly description: ReactNode;
  readonly isWide?: boolean;
  /** It is closed by its buttons alone: Escape and a click beside it would lose what was typed. */
  readonly holdsWork?: boolean;
  readonly onClose: () => void;
  readonly children: ReactNode;
}

/** Over the view, until it is closed. It is open while it is there. */
export function ModalDialog({
  title,
  description,
  isWide = false,
  holdsWork = false,
  onClose,
  children,
}: ModalDialogProps) {
  const { i18n } = useLingui();
  return (
    <Dialog.Root open onOpenChange={(isOpen) => isOpen || onClose()}>
      <Dialog.Portal>
        <Dialog.Overlay className={frame.overlay} />
        <Dialog.Content
          className={clsx(frame.frame, styles.dialog, isWide && styles.wide)}
          onEscapeKeyDown={(event) => holdsWork && event.preventDefault()}
          onInteractOutside={(event) => holdsWork && event.preventDefault()}
        >
          <header className={styles.head}>
            <Dialog.Title>{title}</Dialog.Title>
            <Dialog.Close asChild>
              <IconButton label={i18n._('Close')}>
                <X aria-hidden size={18} />
              </IconButton>
            </Dialog.Close>
          </header>
          <Dialog.Description className={styles.description}>{description}</Dialog.Description>
          {children}
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
