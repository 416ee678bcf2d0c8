// @ts-check
/**
 * electron-builder's configuration. The app itself lies in an asar without node modules, since esbuild has bundled them;
 * the helper lies beside it, with a Node of its own: Electron cannot be started as Node (its fuse is off), and what runs
 * as root is not what draws the page.
 */
import { join } from 'node:path';
import { ROOT } from '../setup.mjs';
import { ELECTRON_FOLDER } from './binary.mjs';

/** Made by `npm run package` (package.mjs): what a Linux package holds beside the app, as it lies below `/`. */
export const LINUX_ROOT = join(ROOT, 'dist', 'linux-root');
/** Scripts of the package, from electron-builder's and ours. */
export const SCRIPTS = join(ROOT, 'dist', 'linux-scripts');
/** The app; `wayfare` is the command line. */
const EXECUTABLE = 'wayfare-app';

/** Stand here, and nowhere else, until somebody publishes it: RFC 2606 keeps the name for that. */
const AUTHORS = 'The Wayfare authors';
const DOMAIN = 'wayfare.invalid';

const fpm = ['--before-remove', join(ROOT, 'build', 'electron', 'before-remove.sh'), `${LINUX_ROOT}/=/`];
const scripts = { afterInstall: join(SCRIPTS, 'after-install'), afterRemove: join(SCRIPTS, 'after-remove') };

/** @type {import('electron-builder').Configuration} */
export default {
  appId: 'app.wayfare.Wayfare',
  productName: 'Wayfare',
  executableName: EXECUTABLE,
  extraMetadata: {
    main: 'dist/electron/main.js',
    desktopName: `${EXECUTABLE}.desktop`,
    homepage: `https://${DOMAIN}`,
    author: AUTHORS,
  },
  directories: { output: 'dist/packages', buildResources: 'build/electron' },
  electronDist: ELECTRON_FOLDER,
  electronLanguages: ['en-US', 'de'],
  npmRebuild: false,
  publish: null,
  files: [
    'package.json',
    'dist/electron/*.{js,cjs}',
    'dist/page/**',
    '!dist/page/bridge.js',
    'assets/icons/256x256.png',
    'assets/tray/*.png',
    '!node_modules/**',
  ],
  asar: true,
  electronFuses: {
    runAsNode: false,
    enableNodeOptionsEnvironmentVariable: false,
    enableNodeCliInspectArguments: false,
    enableCookieEncryption: true,
    onlyLoadAppFromAsar: true,
    enableEmbeddedAsarIntegrityValidation: true,
    grantFileProtocolExtraPrivileges: false,
    resetAdHocDarwinSignature: true,
  },
  linux: {
    target: ['deb', 'rpm', 'AppImage'],
    icon: 'assets/icons',
    category: 'Network',
    synopsis: 'WireGuard for people who travel',
    description: 'Connects to WireGuard tunnels and lets nothing out beside them.',
    maintainer: `${AUTHORS} <maintainers@${DOMAIN}>`,
    vendor: AUTHORS,
    syncDesktopName: true,
    // By content (wayfare-mime.xml): most files called .conf are none of ours.
    mimeTypes: ['application/x-wireguard-config'],
    desktop: { entry: { Keywords: 'VPN;WireGuard;', StartupNotify: 'true' } },
  },
  deb: {
    ...scripts,
    fpm,
    packageCategory: 'net',
    depends: [
      ...['libgtk-3-0 | libgtk-3-0t64', 'libnotify4', 'libnss3', 'libxss1', 'libxtst6', 'xdg-utils'],
      ...['libatspi2.0-0 | libatspi2.0-0t64', 'libuuid1', 'libsecret-1-0'],
      ...['iproute2', 'nftables', 'passwd'],
    ],
    recommends: ['libayatana-appindicator3-1', 'pkexec | policykit-1'],
  },
  rpm: {
    ...scripts,
    fpm,
    depends: [
      ...['gtk3', 'libnotify', 'nss', 'libXScrnSaver', '(libXtst or libXtst6)', 'xdg-utils', 'at-spi2-core'],
      ...['(libuuid or libuuid1)', 'iproute', 'nftables', 'shadow-utils'],
    ],
  },
  fileAssociations: [{ ext: 'conf', name: 'WireGuard configuration', role: 'Viewer', rank: 'Alternate' }],
  mac: {
    target: ['dmg'],
    icon: 'assets/icons/512x512.png',
    category: 'public.app-category.utilities',
    hardenedRuntime: true,
    extendInfo: { NSCameraUsageDescription: 'Wayfare reads the QR codes of tunnels with the camera.' },
  },
  win: { target: ['nsis'], icon: 'assets/icons/256x256.png' },
  nsis: { oneClick: false, perMachine: true },
};
