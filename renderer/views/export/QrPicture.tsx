import { useLingui } from '@lingui/react';
import { useMemo } from 'react';
import { Banner } from '../../components/Banner.tsx';
import { qrCode } from '../../lib/encode/qr-code.ts';
import styles from './Export.module.css';

/** Black on white in either theme: that is what cameras read. */
export function QrPicture({ name, text }: { readonly name: string; readonly text: string }) {
  const { i18n } = useLingui();
  const code = useMemo(() => qrCode(text), [text]);
  if (code === null)
    return (
      <Banner>{i18n._('This tunnel is too large for a QR code. Save it as a file and send that.')}</Banner>
    );
  return (
    <figure className={styles.figure}>
      <svg
        className={styles.code}
        viewBox={`0 0 ${code.size} ${code.size}`}
        shapeRendering="crispEdges"
        role="img"
        aria-label={i18n._('QR code of {name}', { name })}
      >
        <path d={code.path} />
      </svg>
      <figcaption>
        {i18n._('In the WireGuard app of your phone: add a tunnel, then scan a QR code.')}
      </figcaption>
    </figure>
  );
}
