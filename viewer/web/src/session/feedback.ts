/**
 * What the host is told of updates, and when.
 *
 * Feedback waits a moment for the picture to be shown, so that one message tells all; a later update of the
 * same track replaces what waits, since it stands for all before it. Feedback travels unreliably: the newest
 * of a track is repeated three times when no other follows, and then the link is silent.
 */

import type { Feedback, TrackId, UpdateId } from "../protocol/types";

/** How long feedback waits for the picture to be shown, in microseconds. */
const PATIENCE = 8_000;
/** When the newest feedback is repeated, in microseconds after the last time. */
const REPEATS = [120_000, 400_000, 1_500_000];

/** One track's newest feedback: it waits to be sent, or was sent and so often repeated. */
interface Line {
  feedback: Feedback;
  state: { waitsUntil: number } | { sentAt: number; repeats: number };
}

/** The feedback of all tracks. */
export class Feedbacks {
  private readonly lines = new Map<TrackId, Line>();

  /** An update was decoded. */
  decoded(now: number, feedback: Feedback): void {
    const before = this.lines.get(feedback.track)?.state;
    const fresh = now + PATIENCE;
    const waitsUntil = before && "waitsUntil" in before ? Math.min(before.waitsUntil, fresh) : fresh;
    this.lines.set(feedback.track, { feedback, state: { waitsUntil } });
  }

  /** An update was shown. Answers what is to be sent now. */
  presented(now: number, track: TrackId, id: UpdateId): Feedback | null {
    const line = this.lines.get(track);
    if (line?.feedback.update !== id) return null;
    line.feedback.presented_at ??= now;
    if (!("waitsUntil" in line.state)) return null;
    line.state = { sentAt: now, repeats: 0 };
    return line.feedback;
  }

  /** When `due` has something. */
  timeout(): number | null {
    let first: number | null = null;
    for (const line of this.lines.values()) {
      const at = dueAt(line);
      if (at !== null && (first === null || at < first)) first = at;
    }
    return first;
  }

  /** Everything that is to be sent now. */
  due(now: number): Feedback[] {
    const due: Feedback[] = [];
    for (const line of this.lines.values()) {
      const at = dueAt(line);
      if (at === null || at > now) continue;
      line.state = { sentAt: now, repeats: "repeats" in line.state ? line.state.repeats + 1 : 0 };
      due.push(line.feedback);
    }
    return due;
  }

  /** A track is gone: its last feedback was sent or is of no use. */
  forget(track: TrackId): void {
    this.lines.delete(track);
  }

  /** A new link: numbers begin anew. */
  clear(): void {
    this.lines.clear();
  }
}

function dueAt({ state }: Line): number | null {
  if ("waitsUntil" in state) return state.waitsUntil;
  const wait = REPEATS[state.repeats];
  return wait === undefined ? null : state.sentAt + wait;
}
