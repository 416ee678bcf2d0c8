/** What the app's parser says of a text, a moment after it was last changed. */
import { useEffect, useState } from 'react';
import type { Inspection } from '../../../electron/ipc/contract.ts';
import { ask } from '../../api.ts';
import { base64OfBytes } from '../../lib/base64.ts';
import { MAX_CONF_BYTES } from '../../lib/decode/limits.ts';
import { i18n } from '../../lib/i18n.ts';
import { sizeText } from '../../lib/units.ts';
import { attempt } from '../../store/announcements.ts';
import { privateKeyIn } from './conf-text.ts';

const PAUSE_MS = 200;

export interface TextInspection extends Pick<Inspection, 'summary' | 'diagnostics'> {
  /** Of its private key, whatever else is wrong with it; null where it has none. */
  readonly publicKey: string | null;
}

/** @param text null while it is not known. @returns null until it is looked at */
export function useInspection(text: string | null): TextInspection | null {
  const [inspection, setInspection] = useState<TextInspection | null>(null);
  useEffect(() => {
    if (text === null) return;
    let isStale = false;
    const timer = setTimeout(async () => {
      const found = await attempt(inspected(text));
      if (!isStale && found !== null) setInspection(found);
    }, PAUSE_MS);
    return () => {
      isStale = true;
      clearTimeout(timer);
    };
  }, [text]);
  return inspection;
}

async function inspected(text: string): Promise<TextInspection> {
  const content = new TextEncoder().encode(text);
  if (content.length > MAX_CONF_BYTES) {
    const message = i18n._('This has {size}, and {most} are the most that are read.', {
      size: sizeText(content.length),
      most: sizeText(MAX_CONF_BYTES),
    });
    return {
      summary: null,
      diagnostics: [{ severity: 'error', line: null, message, sentence: null }],
      publicKey: null,
    };
  }
  const privateKey = privateKeyIn(text)?.replace(/\s/g, '') ?? '';
  const isShort = privateKey !== '' && privateKey.length <= 100; // the contract's cap
  const [{ summary, diagnostics }, key] = await Promise.all([
    ask('inspect', { fileName: 'tunnel.conf', content: base64OfBytes(content) }),
    isShort ? ask('publicKey', { privateKey }) : { publicKey: null },
  ]);
  return { summary, diagnostics, publicKey: key.publicKey };
}
