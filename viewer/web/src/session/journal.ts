/**
 * What the user did lately, to be sent again where a link broke before it took effect.
 *
 * Invariants: events of the input lane stand here in the order of their numbers, without motion, whose newest
 * stands for all. `since` names the newest that is gone from here: all later ones can be sent again. While
 * there is a link, what is older than `REACH` or beyond the newest `MAX_EVENTS` goes; without one nothing
 * goes but by `prune`, so that what was said of the journal holds until it is answered.
 */

import type { Input, InputEvent, InputId } from "../protocol/types";

/**
 * How far back, in microseconds: the silence by which a dead link is known, some 10 s, and time to make
 * another. What was done before that is not what the user expects to happen now.
 */
const REACH = 15_000_000;

/** How many: more than anybody types meanwhile, and few enough that apps take them at once. */
const MAX_EVENTS = 1024;

/** The newest events of the input lane. */
export class Journal {
  private events: Input[] = [];
  private gone: InputId = 0;

  /** Notes an event that is sent now. */
  sent(input: Input): void {
    this.prune(input.at);
    this.events.push(input);
    if (this.events.length > MAX_EVENTS) this.drop(this.events.length - MAX_EVENTS);
  }

  /** Notes an event that waits for a link. */
  waits(input: Input): void {
    this.events.push(input);
  }

  /**
   * Whether an event may wait: motion may not, and of too much only what lets go of something held, of which
   * there is never much.
   */
  takes(event: InputEvent): boolean {
    return !isMotion(event) && (this.events.length < MAX_EVENTS || releases(event));
  }

  /**
   * What is too old goes. If that may be missing at the host, nothing later makes sense without it: the host
   * is told by `since`.
   */
  prune(now: number): void {
    const young = this.events.findIndex(({ at }) => now - at <= REACH);
    this.drop(young < 0 ? this.events.length : young);
  }

  /** The newest event that is gone from here. */
  get since(): InputId {
    return this.gone;
  }

  /** The events after this one, oldest first. */
  after(id: InputId): Input[] {
    return this.events.filter((input) => input.id > id);
  }

  private drop(count: number): void {
    const newest = this.events.splice(0, count).at(-1);
    if (newest !== undefined) this.gone = newest.id;
  }
}

/** Whether it travels on the motion lane, where only the newest counts. */
export function isMotion(event: InputEvent): boolean {
  return typeof event === "object" && "Motion" in event;
}

/** Whether the event only ends what another began: a press, a touch, a composition. */
export function releases(event: InputEvent): boolean {
  if (typeof event === "string") return false;
  if ("Key" in event) return !event.Key.pressed;
  if ("Button" in event) return !event.Button.pressed;
  if ("Touch" in event) return event.Touch.points.every(({ phase }) => phase === "up" || phase === "cancel");
  return "Preedit" in event && event.Preedit.text === "";
}
