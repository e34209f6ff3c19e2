/** Whether this viewer has the seat, as the host said last. */

import type { Outbox } from "./outbox";

/** See the file's comment. */
export class Seat {
  private held = false;

  constructor(private readonly out: Outbox) {}

  /** The host says it. The front end is told also what it knows: after a welcome it waits for that. */
  set(held: boolean): void {
    this.held = held;
    this.out.tell({ on: "seat", held });
  }

  /** The link is lost, and the seat with it. */
  lost(): void {
    if (this.held) this.set(false);
  }
}
