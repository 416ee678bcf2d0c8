import { ask } from '../../api.ts';
import { withoutCrlf } from './conf-text.ts';

export interface StoredConfig {
  readonly text: string;
  /** By which a change says what it began with. */
  readonly digest: string;
}

/** @throws AppFailure */
export async function storedConfig(name: string): Promise<StoredConfig> {
  const { config, digest } = await ask('export', { name });
  return { text: withoutCrlf(config), digest };
}
