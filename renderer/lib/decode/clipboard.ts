/** What lies on the clipboard, once the person lets the page look. */
import { AppFailure } from '../app-failure.ts';
import { i18n } from '../i18n.ts';

export interface ClipboardContent {
  /** Pictures. */
  readonly files: readonly File[];
  readonly texts: readonly string[];
}

/** @throws AppFailure where it is not open to this page, or holds neither text nor a picture */
export async function readClipboard(): Promise<ClipboardContent> {
  const items = await readItems();
  const files: File[] = [];
  const texts: string[] = [];
  for (const item of items) {
    const image = item.types.find((type) => type.startsWith('image/'));
    if (image !== undefined) {
      const blob = await item.getType(image);
      files.push(new File([blob], '', { type: image }));
    } else if (item.types.includes('text/plain')) texts.push(await (await item.getType('text/plain')).text());
  }
  const said = texts.filter((text) => text.trim() !== '');
  if (files.length === 0 && said.length === 0)
    throw new AppFailure({
      what: i18n._('The clipboard holds neither text nor a picture.'),
      where: '',
      advice: i18n._('Copy the text of a tunnel, or a picture of its QR code, and try again.'),
    });
  return { files, texts: said };
}

async function readItems(): Promise<readonly ClipboardItem[]> {
  try {
    return await navigator.clipboard.read();
  } catch {
    throw new AppFailure({
      what: i18n._('The clipboard is not open to this page.'),
      where: '',
      advice: i18n._('Press Ctrl+V here instead.'),
    });
  }
}
