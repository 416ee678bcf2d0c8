import clsx from 'clsx';
import type { ComponentProps } from 'react';
import styles from './Button.module.css';

interface ButtonProps extends ComponentProps<'button'> {
  /** One primary a view. */
  readonly look?: 'primary' | 'plain' | 'quiet' | 'danger';
}

export function Button({ look = 'plain', className, type = 'button', ...rest }: ButtonProps) {
  return <button {...rest} type={type} className={clsx(styles.button, styles[look], className)} />;
}

interface ButtonLinkProps extends ComponentProps<'a'> {
  readonly href: string;
  readonly look?: 'primary' | 'plain' | 'quiet';
}

/** Leads to a view. */
export function ButtonLink({ look = 'plain', className, ...rest }: ButtonLinkProps) {
  return <a {...rest} className={clsx(styles.button, styles[look], className)} />;
}

interface IconButtonProps extends ButtonProps {
  readonly label: string;
}

/** A picture with its name for those who do not know it: shown on hover, read by screen readers. */
export function IconButton({ label, look = 'quiet', className, ...rest }: IconButtonProps) {
  return (
    <Button {...rest} look={look} aria-label={label} title={label} className={clsx(styles.icon, className)} />
  );
}
