/** What the first page does not need is loaded when it is shown. */
import { lazy } from 'react';

export const ImportView = lazy(async () => ({ default: (await import('./ImportView.tsx')).ImportView }));
export const EditorView = lazy(async () => ({ default: (await import('./EditorView.tsx')).EditorView }));
export const ExportDialog = lazy(async () => ({
  default: (await import('./ExportDialog.tsx')).ExportDialog,
}));
