/**
 * What the page may not do, whatever gets into it: leave its address, open windows, embed pages, use devices. The camera,
 * the screen and the clipboard are opened to the view that imports tunnels, while it is shown: the page keeps its view in
 * the address, which this process reads for itself.
 */
import type {
  App,
  DesktopCapturerSource,
  Rectangle,
  Screen,
  Session,
  WebContents,
  WebFrameMain,
} from 'electron';
import { ORIGIN } from './protocol.ts';

/** The page's own address for the view, as renderer/store/navigation.ts has it. */
const IMPORT_VIEW = '#/import';

type Permission = Parameters<NonNullable<Parameters<Session['setPermissionCheckHandler']>[0]>>[1];

interface PermissionQuestion {
  readonly permission: Permission;
  /** Of the window's main frame, now. */
  readonly pageUrl: string;
  /** Whether the main frame asks, and not something embedded. */
  readonly isMainFrame: boolean;
  /** What is asked for of `media`. */
  readonly media: readonly string[];
}

export function isPermitted({ permission, pageUrl, isMainFrame, media }: PermissionQuestion): boolean {
  if (!isMainFrame || !isOurUrl(pageUrl)) return false;
  switch (permission) {
    case 'clipboard-sanitized-write': // a public key, copied
      return true;
    case 'clipboard-read':
    case 'display-capture':
      return isImportView(pageUrl) && !media.includes('audio');
    case 'media':
      return isImportView(pageUrl) && media.length > 0 && media.every((kind) => kind === 'video');
    default:
      return false;
  }
}

/** Whether the main frame of our own page speaks. @param frame null where it is gone already */
export function isOurFrame(frame: Pick<WebFrameMain, 'origin' | 'parent'> | null): boolean {
  return frame !== null && frame.parent === null && frame.origin === ORIGIN;
}

/** Holds for every page that Electron ever makes. */
export function confinePages(app: Pick<App, 'on'>): void {
  app.on('web-contents-created', (_, contents) => {
    contents.on('will-frame-navigate', (event) => event.preventDefault());
    contents.on('will-redirect', (event) => event.preventDefault());
    contents.on('will-attach-webview', (event) => event.preventDefault());
    contents.setWindowOpenHandler(() => ({ action: 'deny' }));
  });
}

type Permissions = Pick<
  Session,
  'setPermissionRequestHandler' | 'setPermissionCheckHandler' | 'setDevicePermissionHandler'
>;

export function confinePermissions(session: Permissions): void {
  session.setPermissionRequestHandler((contents, permission, callback, details) => {
    const media = 'mediaTypes' in details ? (details.mediaTypes ?? []) : [];
    callback(
      isPermitted({ permission, pageUrl: contents.getURL(), isMainFrame: details.isMainFrame, media }),
    );
  });
  session.setPermissionCheckHandler((contents, permission, _, { isMainFrame, mediaType }) => {
    const media = mediaType === undefined ? [] : [mediaType];
    return isPermitted({ permission, pageUrl: urlOf(contents), isMainFrame, media });
  });
  session.setDevicePermissionHandler(() => false);
}

export interface ScreenCapture {
  /** Each screen, as a source of a picture. */
  readonly sources: () => Promise<Pick<DesktopCapturerSource, 'id' | 'name' | 'display_id'>[]>;
  readonly screen: Pick<Screen, 'getDisplayMatching'>;
  readonly windowBounds: () => Rectangle;
}

/** The screen that the window is on, without sound; on Wayland the desktop asks which. */
export function offerScreen(
  session: Pick<Session, 'setDisplayMediaRequestHandler'>,
  { sources, screen, windowBounds }: ScreenCapture,
): void {
  session.setDisplayMediaRequestHandler(({ frame, videoRequested }, callback) => {
    if (!isOurFrame(frame) || !isImportView(frame?.url ?? '') || !videoRequested) return callback(null);
    const { id } = screen.getDisplayMatching(windowBounds());
    sources().then(
      (screens) => {
        const video = screens.find((each) => each.display_id === String(id)) ?? screens[0];
        callback(video === undefined ? null : { video });
      },
      () => callback(null), // the desktop refused, or the person did
    );
  });
}

function isOurUrl(url: string): boolean {
  return url === ORIGIN || url.startsWith(`${ORIGIN}/`);
}

function isImportView(url: string): boolean {
  return isOurUrl(url) && new URL(url).hash === IMPORT_VIEW;
}

function urlOf(contents: Pick<WebContents, 'getURL'> | null): string {
  return contents === null ? '' : contents.getURL();
}
