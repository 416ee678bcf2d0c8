import { useLingui } from '@lingui/react';
import { useEffect, useRef } from 'react';
import { ModalDialog } from '../../components/ModalDialog.tsx';
import { failureOf } from '../../lib/app-failure.ts';
import { scanVideo, stopTracks } from '../../lib/decode/live-scan.ts';
import { announceFailure } from '../../store/announcements.ts';
import { previewTexts } from '../../store/import-queue.ts';
import styles from './ScanDialog.module.css';

interface ScannerProps {
  /** It is taken over, and ended with the scanner. */
  readonly stream: MediaStream;
  readonly onClose: () => void;
}

interface ScanDialogProps extends ScannerProps {
  readonly kind: 'camera' | 'screen';
}

/** Shows what the camera or the screen shows, until a QR code is in it. */
export function ScanDialog({ kind, stream, onClose }: ScanDialogProps) {
  const { i18n } = useLingui();
  const isCamera = kind === 'camera';
  return (
    <ModalDialog
      title={isCamera ? i18n._('QR code by camera') : i18n._('QR code on the screen')}
      description={
        isCamera
          ? i18n._('Hold the code in front of the camera, so that it fills most of the picture.')
          : i18n._('Bring the code into view. It is found by itself, and the sharing ends at once.')
      }
      onClose={onClose}
    >
      <Scanner stream={stream} onClose={onClose} />
    </ModalDialog>
  );
}

function Scanner({ stream, onClose }: ScannerProps) {
  const { i18n } = useLingui();
  const video = useRef<HTMLVideoElement>(null);
  const whenClosed = useRef(onClose);
  whenClosed.current = onClose;
  useEffect(() => {
    const { current: element } = video;
    if (element === null) return;
    const stop = new AbortController();
    for (const track of stream.getTracks())
      track.addEventListener('ended', () => whenClosed.current(), { signal: stop.signal });
    const look = async () => {
      element.srcObject = stream;
      await element.play().catch(() => {}); // it was closed meanwhile
      const codes = await scanVideo(element, stop.signal);
      if (codes === null) return;
      whenClosed.current();
      await previewTexts(codes);
    };
    const lookOrSaySo = async () => {
      try {
        await look();
      } catch (error) {
        if (stop.signal.aborted) return;
        whenClosed.current();
        announceFailure(failureOf(error));
      }
    };
    void lookOrSaySo();
    return () => {
      stop.abort();
      stopTracks(stream);
      element.srcObject = null;
    };
  }, [stream]);
  return (
    <>
      <video
        ref={video}
        className={styles.video}
        muted
        playsInline
        aria-label={i18n._('What is looked at')}
      />
      <p role="status" className={styles.looking}>
        {i18n._('Looking for a QR code…')}
      </p>
    </>
  );
}
