import { Search } from 'lucide-react';
import type { KeyboardEventHandler } from 'react';
import styles from './SearchField.module.css';

interface SearchFieldProps {
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly onKeyDown?: KeyboardEventHandler;
  readonly isBarred?: boolean;
}

export function SearchField({ label, value, onChange, onKeyDown, isBarred = false }: SearchFieldProps) {
  return (
    <div className={styles.field}>
      <Search aria-hidden size={16} />
      <input
        type="search"
        className={styles.input}
        aria-label={label}
        placeholder={label}
        value={value}
        disabled={isBarred}
        onChange={({ target }) => onChange(target.value)}
        onKeyDown={onKeyDown}
      />
    </div>
  );
}
