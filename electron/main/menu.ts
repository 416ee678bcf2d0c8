/** The application's menu. On Linux and Windows it stays hidden until Alt is pressed; its keys always work. */
import type { I18n } from '@lingui/core';
import type { MenuItemConstructorOptions } from 'electron';

export function applicationMenu(platform: NodeJS.Platform, i18n: I18n): MenuItemConstructorOptions[] {
  const ofMac: MenuItemConstructorOptions[] = [{ role: 'appMenu' }];
  return [
    ...(platform === 'darwin' ? ofMac : []),
    {
      label: i18n._('File'),
      submenu: [
        { role: 'close', label: i18n._('Close window') },
        { role: 'quit', label: i18n._('Quit') },
      ],
    },
    {
      label: i18n._('Edit'),
      submenu: [
        { role: 'undo', label: i18n._('Undo') },
        { role: 'redo', label: i18n._('Redo') },
        { type: 'separator' },
        { role: 'cut', label: i18n._('Cut') },
        { role: 'copy', label: i18n._('Copy') },
        { role: 'paste', label: i18n._('Paste') },
        { role: 'selectAll', label: i18n._('Select all') },
      ],
    },
    {
      label: i18n._('View'),
      submenu: [
        { role: 'reload', label: i18n._('Load again') },
        { type: 'separator' },
        { role: 'zoomIn', label: i18n._('Larger') },
        { role: 'zoomOut', label: i18n._('Smaller') },
        { role: 'resetZoom', label: i18n._('Normal size') },
        { role: 'togglefullscreen', label: i18n._('Full screen') },
      ],
    },
  ];
}
