/** The viewer's side of the clipboard: what it asked the session for, and content in messages of bounded size. */

import { CLIPBOARD_CHUNK, MAX_CLIPBOARD } from "../protocol/wire";
import type { Clipboard } from "../protocol/types";

/** How long a request may go without progress, in microseconds. */
const TIMEOUT = 5_000_000;
/** The most requests open at a time. */
const MAX_PENDING = 8;

interface Pending {
  deadline: number;
  /** What has come so far lies in the first `length` bytes. */
  bytes: Uint8Array;
  length: number;
}

/** The requests that are open. */
export class Requests {
  private readonly pending = new Map<number, Pending>();
  private next = 0;

  /** Opens a request; null if too many are open. */
  open(now: number): number | null {
    if (this.pending.size >= MAX_PENDING) return null;
    const request = this.next;
    this.next = (this.next + 1) >>> 0;
    this.pending.set(request, { deadline: now + TIMEOUT, bytes: new Uint8Array(0), length: 0 });
    return request;
  }

  /** A part came. Answers the whole when it was the last, null if it is too long, and undefined while more follows. */
  content(now: number, request: number, data: Uint8Array, last: boolean): Uint8Array | null | undefined {
    const pending = this.pending.get(request);
    if (pending === undefined) return undefined;
    if (pending.length + data.length > MAX_CLIPBOARD) {
      this.pending.delete(request);
      return null;
    }
    pending.deadline = now + TIMEOUT;
    append(pending, data);
    if (!last) return undefined;
    this.pending.delete(request);
    return pending.bytes.slice(0, pending.length);
  }

  /** Ends a request; says whether it was open. */
  close(request: number): boolean {
    return this.pending.delete(request);
  }

  /** Ends those that waited too long, or without a time all. */
  end(now: number | null): number[] {
    const over = ({ deadline }: Pending) => now === null || deadline <= now;
    const ended = [...this.pending].filter(([, pending]) => over(pending)).map(([request]) => request);
    for (const request of ended) this.pending.delete(request);
    return ended;
  }

  /** When the next has waited too long. */
  timeout(): number | null {
    let first: number | null = null;
    for (const { deadline } of this.pending.values()) first = Math.min(first ?? deadline, deadline);
    return first;
  }
}

function append(pending: Pending, data: Uint8Array): void {
  const length = pending.length + data.length;
  if (length > pending.bytes.length) {
    const larger = new Uint8Array(Math.max(length, 2 * pending.bytes.length));
    larger.set(pending.bytes);
    pending.bytes = larger;
  }
  pending.bytes.set(data, pending.length);
  pending.length = length;
}

/** The content as messages, the last marked; one empty message for no bytes. */
export function contentMessages(request: number, data: Uint8Array): Clipboard[] {
  const messages: Clipboard[] = [];
  let at = 0;
  do {
    const part = data.subarray(at, at + CLIPBOARD_CHUNK);
    at += CLIPBOARD_CHUNK;
    messages.push({ Content: { request, data: part, last: at >= data.length } });
  } while (at < data.length);
  return messages;
}
