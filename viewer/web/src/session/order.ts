/** Updates of one track in the order of their numbers, however they arrive. */

import type { Update } from "../protocol/types";

/** The most updates of a track that wait for an earlier one. */
const MAX_WAITING = 256;

/** An update with the time of its arrival. */
export interface Arrived {
  received: number;
  update: Update;
}

/** One track's order. */
export class Order {
  private due = 1;
  private readonly waiting = new Map<number, Arrived>();

  /**
   * An update arrived. One that was handed out before, or that waits already, is dropped: "known". "gap" if
   * too many wait for one that never came.
   */
  insert(now: number, update: Update): "new" | "known" | "gap" {
    if (update.id < this.due || this.waiting.has(update.id)) return "known";
    if (this.waiting.size >= MAX_WAITING) return "gap";
    this.waiting.set(update.id, { received: now, update });
    return "new";
  }

  /** The updates that wait. */
  updates(): Update[] {
    return [...this.waiting.values()].map(({ update }) => update);
  }

  /** The next in order. */
  next(): Arrived | undefined {
    const next = this.waiting.get(this.due);
    if (next !== undefined) {
      this.waiting.delete(this.due);
      this.due += 1;
    }
    return next;
  }
}
