/** What an app of the session copied: fetched from the host, kind by kind, when the browser wants it. */

import type { Command } from "../link/vocabulary";
import { readable, type Format } from "./content";

/**
 * Requests that the host has not answered are given up by the engine after some seconds: it always answers.
 */
export class Remote {
  private readonly waiting = new Map<number, (data: Uint8Array | null) => void>();
  private next = 1;
  private formats = new Map<Format, string>();

  constructor(private readonly send: (command: Command) => void) {}

  /** What there is now. */
  set offer(mimes: readonly string[]) {
    this.formats = readable(mimes);
  }

  /** The kinds that can be had. */
  get kinds(): Format[] {
    return [...this.formats.keys()];
  }

  /** The content of one kind; rejects if there is none. */
  fetch(format: Format): Promise<Blob> {
    const mime = this.formats.get(format);
    if (mime === undefined) return Promise.reject(new Error(`the app offers no ${format}`));
    const request = this.next++;
    return new Promise((resolve, reject) => {
      this.waiting.set(request, (data) => {
        if (data === null) reject(new Error("the app did not hand over what it had copied"));
        else resolve(new Blob([data as Uint8Array<ArrayBuffer>], { type: format }));
      });
      this.send({ do: "read-clipboard", request, mime });
    });
  }

  answer(request: number, data: Uint8Array | null): void {
    const heard = this.waiting.get(request);
    this.waiting.delete(request);
    heard?.(data);
  }
}
