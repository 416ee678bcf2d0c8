/** What waits for its preview, wherever it came from. Nothing of it is stored before the person says so. */
import { create } from 'zustand';
import type { EventOf, Failure, Inspection } from '../../electron/ipc/contract.ts';
import { ask } from '../api.ts';
import { failureOf } from '../lib/app-failure.ts';
import { base64OfBytes, bytesOfBase64 } from '../lib/base64.ts';
import { readSource, textContent } from '../lib/decode/source.ts';
import type { SourceContent } from '../lib/decode/source-content.ts';
import { freeName } from '../lib/tunnel-names.ts';
import { useAppState } from './app-state.ts';
import { show } from './navigation.ts';

export interface Candidate {
  readonly id: number;
  /** Of the file; empty for what came without one, such as a pasted text. */
  readonly fileName: string;
  readonly bytes: Uint8Array;
  /** As the person has it now. */
  readonly name: string;
  readonly inspection: Inspection;
  /** Why it was not stored when it was to be. */
  readonly failure: Failure | null;
}

export interface NotTaken {
  readonly id: number;
  /** Of the file; may be empty. */
  readonly name: string;
  readonly reason: string;
}

interface ImportQueue {
  readonly candidates: readonly Candidate[];
  readonly notTaken: readonly NotTaken[];
  /** The names of those that were stored, the oldest first. */
  readonly imported: readonly string[];
  /** Sources that are being read. */
  readonly reading: number;
  readonly isImporting: boolean;
}

const EMPTY: ImportQueue = { candidates: [], notTaken: [], imported: [], reading: 0, isImporting: false };
/** The contract's cap. */
const MAX_FILE_NAME = 255;

export const useImportQueue = create<ImportQueue>()(() => EMPTY);

let lastId = 0;
/** Of what was read since all was last forgotten: what arrives of an older one is not wanted any more. */
let generation = 0;

function nextId(): number {
  lastId += 1;
  return lastId;
}

export function onOpenFiles({ files, notTaken }: EventOf<'open-files'>): void {
  show({ kind: 'import' });
  for (const { fileName, reason } of notTaken) refuse(fileName, reason);
  void previewFiles(files.map(({ fileName, content }) => new File([bytesOfBase64(content)], fileName)));
}

/** `.conf`, `.zip` and pictures of QR codes. Never rejects: what cannot be read is listed with its reason. */
export async function previewFiles(files: readonly File[]): Promise<void> {
  const own = generation;
  for (const file of files) if (own === generation) await preview(() => readSource(file), file.name);
}

/** A text that was pasted, or the texts of QR codes that a camera saw. */
export async function previewTexts(texts: readonly (Uint8Array | string)[]): Promise<void> {
  const own = generation;
  for (const text of texts)
    if (own === generation) await preview(async () => textContent('', bytesOf(text)), '');
}

export function rename(id: number, name: string): void {
  change(id, { name, failure: null });
}

/** Its text was corrected. */
export async function correct(id: number, text: string): Promise<void> {
  const candidate = useImportQueue.getState().candidates.find((each) => each.id === id);
  if (candidate === undefined) return;
  const bytes = new TextEncoder().encode(text);
  const inspection = await inspect(candidate.fileName, bytes);
  change(id, { bytes, inspection, failure: null });
}

export function leaveOut(id: number): void {
  useImportQueue.setState(({ candidates }) => ({ candidates: candidates.filter((each) => each.id !== id) }));
}

export function forgetNotTaken(): void {
  useImportQueue.setState({ notTaken: [] });
}

export function forgetAll(): void {
  generation += 1;
  useImportQueue.setState({ ...EMPTY });
}

/** Stores these, one after the other. What fails stays in the preview with its reason; the rest goes on. */
export async function importAll(ids: readonly number[]): Promise<void> {
  useImportQueue.setState({ isImporting: true });
  for (const id of ids) {
    const candidate = useImportQueue.getState().candidates.find((each) => each.id === id);
    if (candidate === undefined) continue;
    const { name, bytes } = candidate;
    try {
      await ask('import', { fileName: shortened(candidate), content: base64OfBytes(bytes), name });
      leaveOut(id);
      useImportQueue.setState(({ imported }) => ({ imported: [...imported, name] }));
    } catch (error) {
      change(id, { failure: failureOf(error) });
    }
  }
  useImportQueue.setState({ isImporting: false });
}

/** The names that a candidate cannot have: those of stored tunnels and of the other candidates. */
export function namesBeside(
  id: number | null,
  candidates: readonly Candidate[],
  stored: readonly string[],
): string[] {
  return [...stored, ...candidates.filter((each) => each.id !== id).map(({ name }) => name)];
}

async function preview(read: () => Promise<SourceContent>, sourceName: string): Promise<void> {
  const own = generation;
  const isForgotten = () => own !== generation;
  useImportQueue.setState(({ reading }) => ({ reading: reading + 1 }));
  try {
    const { confs, notTaken } = await read();
    if (isForgotten()) return;
    for (const { name, reason } of notTaken) refuse(name, reason);
    for (const { fileName, bytes } of confs) {
      const inspection = await inspect(fileName, bytes);
      if (isForgotten()) return;
      add(fileName, bytes, inspection);
    }
  } catch (error) {
    if (isForgotten()) return;
    const { what, advice } = failureOf(error);
    refuse(sourceName, [what, advice].filter((part) => part !== '').join(' '));
  } finally {
    if (!isForgotten()) useImportQueue.setState(({ reading }) => ({ reading: reading - 1 }));
  }
}

function add(fileName: string, bytes: Uint8Array, inspection: Inspection): void {
  const { candidates } = useImportQueue.getState();
  const stored = useAppState.getState().tunnels?.map(({ name }) => name) ?? [];
  // A file that has a stored tunnel's name may be that tunnel once more: the person is asked. All other names are made up.
  const taken = namesBeside(null, candidates, fileName === '' ? stored : []);
  const name = freeName(inspection.name, taken);
  const candidate = { id: nextId(), fileName, bytes, name, inspection, failure: null };
  useImportQueue.setState((queue) => ({ candidates: [...queue.candidates, candidate] }));
}

function inspect(fileName: string, bytes: Uint8Array): Promise<Inspection> {
  return ask('inspect', { fileName: shortened({ fileName }), content: base64OfBytes(bytes) });
}

function shortened({ fileName }: Pick<Candidate, 'fileName'>): string {
  return fileName === '' ? 'tunnel.conf' : fileName.slice(-MAX_FILE_NAME);
}

function bytesOf(text: Uint8Array | string): Uint8Array {
  return typeof text === 'string' ? new TextEncoder().encode(text) : text;
}

function refuse(name: string, reason: string): void {
  const refused = { id: nextId(), name, reason };
  useImportQueue.setState(({ notTaken }) => ({ notTaken: [...notTaken, refused] }));
}

function change(id: number, changed: Partial<Candidate>): void {
  useImportQueue.setState(({ candidates }) => ({
    candidates: candidates.map((each) => (each.id === id ? { ...each, ...changed } : each)),
  }));
}
