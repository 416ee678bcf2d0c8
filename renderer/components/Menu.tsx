import clsx from 'clsx';
import { DropdownMenu } from 'radix-ui';
import { type ReactNode, useState } from 'react';
import styles from './Menu.module.css';

interface MenuProps {
  /** The button that opens it. */
  readonly trigger: ReactNode;
  readonly children: ReactNode;
  /** Why some of it is barred. */
  readonly note?: string | null;
}

export function Menu({ trigger, children, note }: MenuProps) {
  const [place, setPlace] = useState<Element | null>(null); // a part of the page has to hold it
  return (
    <DropdownMenu.Root modal={false} onOpenChange={() => setPlace(document.querySelector('main'))}>
      <DropdownMenu.Trigger asChild>{trigger}</DropdownMenu.Trigger>
      <DropdownMenu.Portal container={place}>
        <DropdownMenu.Content className={styles.menu} align="end" sideOffset={6} collisionPadding={12}>
          {children}
          {note && <DropdownMenu.Label className={styles.note}>{note}</DropdownMenu.Label>}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}

interface MenuItemProps {
  readonly icon: ReactNode;
  readonly children: ReactNode;
  readonly isBarred?: boolean;
  readonly isDangerous?: boolean;
  readonly title?: string | undefined;
  readonly onSelect: () => void;
}

export function MenuItem({
  icon,
  children,
  isBarred = false,
  isDangerous = false,
  title,
  onSelect,
}: MenuItemProps) {
  return (
    <DropdownMenu.Item
      className={clsx(styles.item, isDangerous && styles.danger)}
      disabled={isBarred}
      title={title}
      onSelect={onSelect}
    >
      {icon}
      {children}
    </DropdownMenu.Item>
  );
}
