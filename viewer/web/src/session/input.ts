/** The user's input on its way to the host: what is held, what is composed, and the protocol's bounds. */

import { MAX_COORDINATE, MAX_TEXT, MAX_TOUCH_POINTS } from "../protocol/wire";
import type { InputEvent, Position, ToHost, TrackId } from "../protocol/types";
import { Held } from "./held";

/** What the user holds down and composes. */
export class HeldInput {
  private readonly held = new Held();
  /** Where a text is being composed. */
  private composing: TrackId | null = null;

  /** Whether a key is down that apps repeat. */
  get repeats(): boolean {
    return this.held.repeats;
  }

  /**
   * Notes what is held; answers what remains of the event, null if nothing. `locked` is where the pointer is.
   */
  hold(track: TrackId, event: InputEvent, locked: TrackId | null): InputEvent | null {
    if (typeof event === "string") return event;
    if ("Key" in event) return this.held.key(track, event.Key.key, event.Key.pressed) ? event : null;
    if ("Button" in event) {
      const { position, button, pressed } = event.Button;
      return this.held.button(track, position, button, pressed) ? event : null;
    }
    if ("Touch" in event) {
      const points = event.Touch.points.filter((point) => this.held.touch(track, point));
      return points.length > 0 ? { Touch: { points } } : null;
    }
    if ("Text" in event) {
      if (event.Text.text === "") return null;
      this.composing = null;
      return event;
    }
    if ("Preedit" in event) {
      const before = this.composing;
      this.composing = event.Preedit.text === "" ? null : track;
      return before !== null || this.composing !== null ? event : null;
    }
    // Without a lock, motion has a place.
    if ("RelativeMotion" in event) return locked === track ? event : null;
    return event;
  }

  /**
   * Lets go of everything that is held down, and ends what is being composed: answers the events that say so.
   */
  release(): [TrackId, InputEvent][] {
    const events = this.held.release();
    if (this.composing !== null) {
      events.push([this.composing, { Preedit: { text: "", cursor: null } }]);
      this.composing = null;
    }
    return events;
  }

  /** A track is gone. */
  forget(track: TrackId): void {
    this.held.forgetTouches(track);
    if (this.composing === track) this.composing = null;
  }
}

/**
 * Whether input that is sent later must not take effect sooner: a key needs its keymap, a paste what was
 * copied before.
 */
export function goesBeforeInput(message: ToHost): boolean {
  if (typeof message === "string") return message === "DismissPopups";
  if ("Clipboard" in message) return "Offer" in message.Clipboard;
  return "Focus" in message || "Keymap" in message;
}

/** Whether an event is within the protocol's bounds; the host would end the link over one that is not. */
export function isSound(event: InputEvent): boolean {
  if (typeof event === "string" || "Key" in event || "Locks" in event) return true;
  if ("Text" in event) return bytesOf(event.Text.text) <= MAX_TEXT;
  if ("Motion" in event) return isPlace(event.Motion.position);
  if ("Button" in event) return isPlace(event.Button.position);
  if ("Scroll" in event) {
    const { position, axis } = event.Scroll;
    return isPlace(position) && isCoordinate(axis.dx) && isCoordinate(axis.dy);
  }
  if ("Touch" in event) {
    const { points } = event.Touch;
    return points.length <= MAX_TOUCH_POINTS && points.every((point) => isPlace(point.position));
  }
  if ("RelativeMotion" in event) {
    return isCoordinate(event.RelativeMotion.dx) && isCoordinate(event.RelativeMotion.dy);
  }
  const { text, cursor } = event.Preedit;
  return bytesOf(text) <= MAX_TEXT && (cursor === null || isCursorOf(text, cursor));
}

/** Whether a composed text's cursor lies in it: in order, at character boundaries of UTF-8. */
function isCursorOf(text: string, [begin, end]: [number, number]): boolean {
  const boundaries = new Set([0]);
  let at = 0;
  for (const character of text) boundaries.add((at += bytesOf(character)));
  return begin <= end && boundaries.has(begin) && boundaries.has(end);
}

const encoder = new TextEncoder();

/** How many bytes of UTF-8 a text has. */
function bytesOf(text: string): number {
  return encoder.encode(text).length;
}

function isPlace(position: Position): boolean {
  return isCoordinate(position.x) && isCoordinate(position.y);
}

function isCoordinate(value: number): boolean {
  return Number.isFinite(value) && Math.abs(value) <= MAX_COORDINATE;
}
