/** What is said to the person in passing: failures of what they asked for, and, to screen readers, changes of state. */
import { create } from 'zustand';
import type { Failure } from '../../electron/ipc/contract.ts';
import { failureOf } from '../lib/app-failure.ts';

export interface Announcement {
  readonly id: number;
  readonly kind: 'failure' | 'done';
  readonly what: string;
  /** Where, and what to do; may be empty. */
  readonly detail: string;
}

interface Announcements {
  readonly shown: readonly Announcement[];
  /** For screen readers alone: what they say when they come to it, and what they interrupt themselves for. */
  readonly spoken: string;
  readonly alarm: string;
}

export const useAnnouncements = create<Announcements>()(() => ({ shown: [], spoken: '', alarm: '' }));

let lastId = 0;

export function announceFailure(failure: Failure): void {
  const detail = [failure.where, failure.advice].filter((part) => part !== '').join(' — ');
  announce({ kind: 'failure', what: failure.what, detail });
}

export function announceDone(what: string): void {
  announce({ kind: 'done', what, detail: '' });
}

export function speak(spoken: string): void {
  useAnnouncements.setState({ spoken });
}

export function speakAtOnce(alarm: string): void {
  useAnnouncements.setState({ alarm });
}

export function dismiss(id: number): void {
  useAnnouncements.setState(({ shown }) => ({ shown: shown.filter((each) => each.id !== id) }));
}

/** Does what a person asked for, and says so where it fails. @returns null then */
export async function attempt<T>(work: Promise<T>): Promise<T | null> {
  try {
    return await work;
  } catch (error) {
    announceFailure(failureOf(error));
    return null;
  }
}

function announce(announcement: Omit<Announcement, 'id'>): void {
  lastId += 1;
  const next = { ...announcement, id: lastId };
  // The same twice is one, and the newest three are enough to read.
  useAnnouncements.setState(({ shown }) => ({
    shown: [...shown.filter(({ what }) => what !== next.what), next].slice(-3),
  }));
}
