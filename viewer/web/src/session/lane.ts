/** The input lane of one viewer, over all its links: its events' numbers, and what is sent again. */

import type { Input, InputEvent, InputId, Resume, ResumeKey, TrackId, ViewerId } from "../protocol/types";
import { Journal, isMotion } from "./journal";

/** See the file's comment. */
export class InputLane {
  private next: InputId = 1;
  private journal = new Journal();
  /** The viewer with whose welcome the numbers began. */
  private began: ViewerId | null = null;
  /**
   * The newest event that took effect on an earlier link, while those after it wait for the host to tell what
   * there is.
   */
  private resumed: InputId | null = null;
  /** Messages that go before input, sent on this link. */
  private preceding = 0;

  /** How the host of the next link knows this viewer again: what its hello says of that. */
  resume(now: number, key: ResumeKey): Resume {
    this.journal.prune(now);
    return { key, began: this.began, since: this.journal.since };
  }

  /** The link is lost. */
  reset(): void {
    this.resumed = null;
    this.preceding = 0;
  }

  /** The host of a new link says whether it knows the viewer, and from where its input goes on. */
  welcomed(viewer: ViewerId, resumed: InputId | null): void {
    this.resumed = resumed;
    if (resumed !== null) return;
    this.journal = new Journal();
    this.next = 1;
    this.began = viewer;
  }

  /** Whether the host of this link knows the viewer, and what was done before is still to be sent again. */
  get isReturning(): boolean {
    return this.resumed !== null;
  }

  /** Whether an event may wait for a link, or for its turn. */
  takes(event: InputEvent): boolean {
    return this.journal.takes(event);
  }

  /** A message is sent that goes before the input that follows, whichever lane is faster. */
  precede(): void {
    this.preceding++;
  }

  /** What has not taken effect, as it was, once the host has told everything and knows what holds on. */
  again(): Input[] {
    const after = this.preceding;
    const inputs = this.resumed === null ? [] : this.journal.after(this.resumed);
    this.resumed = null;
    return inputs.map((input) => ({ ...input, after }));
  }

  /** Numbers an event. */
  number(at: number, track: TrackId, event: InputEvent): Input {
    return { id: this.next++, at, after: this.preceding, track, event };
  }

  /** Notes an event that is sent now. Motion is not kept: its newest stands for all. */
  sent(input: Input): void {
    if (!isMotion(input.event)) this.journal.sent(input);
  }

  /** Notes an event that waits: its turn comes after what was done before. */
  waits(input: Input): void {
    if (!isMotion(input.event)) this.journal.waits(input);
  }
}
