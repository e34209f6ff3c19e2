/**
 * Whether windows are this page's to lay out: only the holder of the seat decides on their sizes, everybody
 * else sees them as they are. What the user does to a window's frame takes the seat, as a press on its
 * picture does.
 */

import type { Command } from "../../link/vocabulary";

export class Seat {
  /** Whether this page has it. */
  held = false;
  /** Those who may only look never get it. */
  attainable = true;
  /** What the user wanted to do when the seat was somebody else's. */
  private wanted: (() => void) | null = null;

  constructor(private readonly send: (command: Command) => void) {}

  /**
   * The user turns to a window: the seat is taken, if nobody else is using the apps. `act` is done once it is
   * here.
   */
  take(act: () => void = () => {}): void {
    if (this.held) return act();
    if (!this.attainable) return;
    this.wanted = act;
    this.send({ do: "take-seat" });
  }

  /** The host says who has it. `lay`: windows are laid out as whoever has it wants them. */
  heard(held: boolean, lay: () => void): void {
    this.held = held && this.attainable;
    const { wanted } = this;
    this.wanted = null;
    lay();
    if (this.held) wanted?.();
  }
}
