/**
 * The viewer's side of the clipboard: what it asked the session for, and content in messages of bounded size.
 */

import { CLIPBOARD_CHUNK, MAX_CLIPBOARD, MAX_MIMES } from "../protocol/wire";
import type { Clipboard } from "../protocol/types";
import type { Outbox } from "./outbox";

/** How long a request may go without progress, in microseconds. */
const TIMEOUT = 5_000_000;
/** The most requests open at a time. */
const MAX_PENDING = 8;

/** One end of the clipboard: what this viewer offers, and what it wants of the session's. */
export class ClipboardEnd {
  private offered: string[] = [];
  private readonly requests = new Requests();

  constructor(
    private readonly out: Outbox,
    private readonly send: (message: Clipboard) => void,
  ) {}

  /** The user has put something on this viewer's own clipboard; none: it is this viewer's no more. */
  offer(mimes: string[]): void {
    this.offered = mimes.slice(0, MAX_MIMES);
    this.send({ Offer: { mimes: this.offered } });
  }

  /** There is a link, whose host knows nothing of this viewer's clipboard. */
  offerAgain(): void {
    if (this.offered.length > 0) this.send({ Offer: { mimes: this.offered } });
  }

  /**
   * Asks for what is on the session's clipboard. The front end numbers its requests: `clipboard-content` of
   * that number is the answer, within seconds, or at once if too much is asked for already.
   */
  request(now: number, request: number, mime: string): void {
    if (this.requests.open(now, request)) this.send({ Request: { request, mime } });
    else this.refuse(request);
  }

  /** Answers a request that cannot be sent. */
  refuse(request: number): void {
    this.out.tell({ on: "clipboard-content", request, data: null });
  }

  /** Answers the event `clipboard-wanted`; null if there is no such content. */
  provide(request: number, data: Uint8Array | null): void {
    if (data === null || data.length > MAX_CLIPBOARD) return this.send({ Unavailable: { request } });
    for (const message of contentMessages(request, data)) this.send(message);
  }

  /** A message of the host. */
  handle(now: number, message: Clipboard): void {
    if ("Offer" in message) {
      // Whoever offers owns the clipboard from now on.
      this.offered = [];
      this.out.tell({ on: "clipboard-offered", mimes: message.Offer.mimes });
    } else if ("Request" in message) {
      const { request, mime } = message.Request;
      if (this.offered.includes(mime)) this.out.tell({ on: "clipboard-wanted", request, mime });
      else this.provide(request, null);
    } else if ("Content" in message) {
      const { request, data, last } = message.Content;
      const whole = this.requests.content(now, request, data, last);
      if (whole !== undefined) this.out.tell({ on: "clipboard-content", request, data: whole });
    } else if (this.requests.close(message.Unavailable.request)) {
      this.out.tell({ on: "clipboard-content", request: message.Unavailable.request, data: null });
    }
  }

  /** Ends the requests that waited too long, or without a time all. */
  end(now: number | null): void {
    for (const request of this.requests.end(now)) this.refuse(request);
  }

  /** When the next has waited too long. */
  timeout(): number | null {
    return this.requests.timeout();
  }
}

interface Pending {
  deadline: number;
  /** What has come so far lies in the first `length` bytes. */
  bytes: Uint8Array;
  length: number;
}

/** The requests that are open. */
class Requests {
  private readonly pending = new Map<number, Pending>();

  /** Opens a request, unless too many are open. */
  open(now: number, request: number): boolean {
    const room = this.pending.size < MAX_PENDING;
    if (room) this.pending.set(request, { deadline: now + TIMEOUT, bytes: new Uint8Array(0), length: 0 });
    return room;
  }

  /**
   * A part came. Answers the whole when it was the last, null if it is too long, and undefined while more
   * follows.
   */
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
function contentMessages(request: number, data: Uint8Array): Clipboard[] {
  const messages: Clipboard[] = [];
  let at = 0;
  do {
    const part = data.subarray(at, at + CLIPBOARD_CHUNK);
    at += CLIPBOARD_CHUNK;
    messages.push({ Content: { request, data: part, last: at >= data.length } });
  } while (at < data.length);
  return messages;
}
