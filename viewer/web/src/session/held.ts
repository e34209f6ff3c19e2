/**
 * What a user holds down: keys, buttons and fingers. Whoever stops being heard must have nothing left held.
 */

import { MAX_TOUCH_POINTS } from "../protocol/wire";
import type { InputEvent, Position, TouchPoint, TrackId } from "../protocol/types";

/** The most keys, buttons or fingers of each kind that can be down at a time: two hands, and some. */
const MAX_HELD = 64;

/**
 * Modifiers and locks, which nothing repeats: Control, Shift, Alt and the logo key on both sides, Caps, Num
 * and Scroll Lock.
 */
const SILENT = new Set([29, 42, 54, 56, 58, 69, 70, 97, 100, 125, 126]);

/** Where a button or a finger is. */
interface Place {
  track: TrackId;
  position: Position;
}

/**
 * Everything that is down. A release of what is not down, and a press of what is down already, is no change.
 */
export class Held {
  private readonly keys = new Map<number, TrackId>();
  private readonly buttons = new Map<number, Place>();
  private readonly touches = new Map<number, Place>();

  /** Notes a key; says whether that changed anything. */
  key(track: TrackId, key: number, pressed: boolean): boolean {
    return pressed ? press(this.keys, key, track) : this.keys.delete(key);
  }

  /** Whether a key is down that apps repeat. */
  get repeats(): boolean {
    return [...this.keys.keys()].some((key) => !SILENT.has(key));
  }

  /** Notes a button; says whether that changed anything. */
  button(track: TrackId, position: Position, button: number, pressed: boolean): boolean {
    return pressed ? press(this.buttons, button, { track, position }) : this.buttons.delete(button);
  }

  /** Notes a finger; says whether that is a possible change: only fingers that are down move or leave. */
  touch(track: TrackId, { id, phase, position }: TouchPoint): boolean {
    if (phase === "down") return press(this.touches, id, { track, position });
    if (phase === "up") return this.touches.delete(id);
    if (phase === "cancel") {
      const any = this.touches.size > 0;
      this.touches.clear();
      return any;
    }
    const place = this.touches.get(id);
    if (place === undefined) return false;
    place.position = position;
    return true;
  }

  /** Lets go of everything: answers the events that say so, each with its track. */
  release(): [TrackId, InputEvent][] {
    const events: [TrackId, InputEvent][] = [];
    for (const [key, track] of this.keys) events.push([track, { Key: { key, pressed: false } }]);
    for (const [button, { track, position }] of this.buttons) {
      events.push([track, { Button: { position, button, pressed: false } }]);
    }
    for (const [track, points] of this.cancelled()) {
      for (let at = 0; at < points.length; at += MAX_TOUCH_POINTS) {
        events.push([track, { Touch: { points: points.slice(at, at + MAX_TOUCH_POINTS) } }]);
      }
    }
    this.keys.clear();
    this.buttons.clear();
    this.touches.clear();
    return events;
  }

  /**
   * Forgets fingers in a track that is gone: there is nothing left to release them in. Keys stay down on the
   * seat.
   */
  forgetTouches(track: TrackId): void {
    for (const [id, place] of this.touches) if (place.track === track) this.touches.delete(id);
  }

  private cancelled(): Map<TrackId, TouchPoint[]> {
    const tracks = new Map<TrackId, TouchPoint[]>();
    for (const [id, { track, position }] of this.touches) {
      const points = tracks.get(track) ?? [];
      points.push({ id, phase: "cancel", position });
      tracks.set(track, points);
    }
    return tracks;
  }
}

function press<T>(held: Map<number, T>, what: number, where: T): boolean {
  if (held.size >= MAX_HELD || held.has(what)) return false;
  held.set(what, where);
  return true;
}
