/**
 * Where windows stood, kept by the browser: who comes back to a session finds its windows where they were.
 * Only one session is remembered, and nothing of it but numbers.
 */

import type { Point, Size, TrackId } from "../../protocol/types";
import type { Mode } from "./toplevel";

/** How one window stood. */
export interface Place {
  normal: Point;
  size: Size;
  mode: Mode;
  minimised: boolean;
  /** How large the desk was when it was put there. */
  room?: Size;
}

/** The part of `Storage` that is used. */
export interface Store {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
}

const KEY = "dormer-places";
/** The most windows that are remembered; the oldest goes first. */
const MAX_PLACES = 200;
const MODES: readonly string[] = [
  "normal",
  "maximized",
  "left",
  "right",
  "top-left",
  "top-right",
  "bottom-left",
  "bottom-right",
];

export class Places {
  private session = "";
  private byTrack = new Map<TrackId, Place>();

  /** `origin` tells hosts apart where the page shows those of several; the page's own has none. */
  constructor(
    private readonly store: Store | null,
    private readonly origin = "",
  ) {}

  /** A session was joined: what is remembered of another one is of no use. */
  begin(session: string): void {
    if (session === this.session) return;
    this.session = session;
    this.byTrack = this.load();
  }

  of(track: TrackId): Place | undefined {
    return this.byTrack.get(track);
  }

  note(track: TrackId, place: Place): void {
    if (JSON.stringify(this.byTrack.get(track)) === JSON.stringify(place)) return;
    this.byTrack.delete(track);
    this.byTrack.set(track, place);
    const [oldest] = this.byTrack.keys();
    if (this.byTrack.size > MAX_PLACES && oldest !== undefined) this.byTrack.delete(oldest);
    this.save();
  }

  forget(track: TrackId): void {
    if (this.byTrack.delete(track)) this.save();
  }

  private save(): void {
    if (this.session === "") return;
    const windows = [...this.byTrack];
    try {
      this.store?.setItem(KEY + this.origin, JSON.stringify({ session: this.session, windows }));
    } catch {
      // No room, or not allowed: then windows begin where new ones do.
    }
  }

  private load(): Map<TrackId, Place> {
    try {
      const { session, windows } = JSON.parse(this.store?.getItem(KEY + this.origin) ?? "null") as {
        session: unknown;
        windows: unknown;
      };
      if (session !== this.session || !Array.isArray(windows)) return new Map();
      const known = windows
        .slice(0, MAX_PLACES)
        .filter(
          (entry): entry is [TrackId, Place] =>
            Array.isArray(entry) && Number.isInteger(entry[0]) && isPlace(entry[1]),
        );
      return new Map(known);
    } catch {
      return new Map();
    }
  }
}

/** What a browser kept may be of another version, or of somebody who plays. */
function isPlace(value: unknown): value is Place {
  const { normal, size, mode, minimised, room } = (value ?? {}) as Partial<Place>;
  const numbers = [normal?.x, normal?.y, size?.w, size?.h, ...(room == null ? [] : [room.w, room.h])];
  const sound = numbers.every((n) => typeof n === "number" && Math.abs(n) < 100_000);
  return sound && MODES.includes(mode ?? "") && typeof minimised === "boolean";
}
