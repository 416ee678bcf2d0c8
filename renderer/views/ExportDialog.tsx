/** A tunnel as a file or as a QR code. @param name null for all of them, as a `.zip` */
export function ExportDialog(_: { readonly name: string | null; readonly onClose: () => void }) {
  return null;
}
