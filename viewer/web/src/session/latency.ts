/** How long each stage between a user's input and the picture that answers it took. */

import type { InputId, Timing, TrackId, UpdateId } from "../protocol/types";
import type { Clock } from "./clock";
import { Histogram } from "./histogram";

/** How many inputs and shown updates are remembered; the oldest goes first. */
const MAX_REMEMBERED = 512;

/** The stages in order, each from the end of the one before; the last two are spans of several. */
export const STAGES = [
  /** From the input event in the viewer to its arrival at the host. */
  "input",
  /** Until the app was handed it. */
  "dispatched",
  /** Until the app committed its answer. */
  "captured",
  /** From the commit until the encoder had finished. */
  "encoded",
  /** Until the link was handed it. */
  "sent",
  /** Until it had arrived whole at the viewer. */
  "received",
  /** Until it was decoded. */
  "decoded",
  /** Until it was shown. */
  "presented",
  /** From the commit until it was shown. */
  "commit_to_presented",
  /** From the input event until its answer was shown. */
  "input_to_presented",
] as const;

export type Stage = (typeof STAGES)[number];

/** An update that was decoded and not shown yet. */
interface Unshown {
  track: TrackId;
  id: UpdateId;
  decoded: number;
  /** When it was committed, if it is news. */
  captured: number | null;
  input: number | null;
}

/** What is known of an update when it is decoded. */
export interface Decoded {
  track: TrackId;
  id: UpdateId;
  received: number;
  decoded: number;
  cause: InputId | null;
  timing: Timing;
  /**
   * Whether it brought a newer commit; else it repeats what was captured long ago, losslessly or for one who
   * joins.
   */
  fresh: boolean;
}

/** Histograms of all stages. */
export class Latency {
  private readonly stages = new Map<Stage, Histogram>();

  /** The histogram of a stage, if anything was counted. */
  stage(stage: Stage): Histogram | undefined {
    return this.stages.get(stage);
  }

  /** Forgets all that was counted. */
  clear(): void {
    this.stages.clear();
  }

  /** Counts how long a stage took. */
  record(stage: Stage, from: number, to: number): void {
    let histogram = this.stages.get(stage);
    if (histogram === undefined) this.stages.set(stage, (histogram = new Histogram()));
    histogram.record(Math.max(to - from, 0));
  }
}

/** Notes what is on its way, and counts it when it has arrived. */
export class Tracker {
  private inputs: [InputId, number][] = [];
  private unshown: Unshown[] = [];
  private readonly counted = new Latency();

  /** What was counted. */
  get latency(): Latency {
    return this.counted;
  }

  /** A new link: numbers begin anew. */
  begin(): void {
    this.inputs = [];
    this.unshown = [];
  }

  /** An input was sent. */
  input(input: InputId, at: number): void {
    pushBounded(this.inputs, [input, at]);
  }

  /** An update was decoded. */
  decoded(clock: Clock, update: Decoded): void {
    const { track, id, received, decoded, cause, timing, fresh } = update;
    const { input_received, input_dispatched, captured } = timing;
    const input = cause === null ? null : (this.inputs.findLast(([id]) => id === cause)?.[1] ?? null);
    if (input !== null && input_received !== null)
      this.counted.record("input", input, clock.toViewer(input_received));
    if (input_received !== null && input_dispatched !== null) {
      this.counted.record("dispatched", input_received, input_dispatched);
      this.counted.record("captured", input_dispatched, captured);
    }
    if (fresh) this.counted.record("encoded", captured, timing.encoded);
    this.counted.record("sent", timing.encoded, timing.sent);
    this.counted.record("received", clock.toViewer(timing.sent), received);
    this.counted.record("decoded", received, decoded);
    pushBounded(this.unshown, {
      track,
      id,
      decoded,
      captured: fresh ? clock.toViewer(captured) : null,
      input,
    });
  }

  /** An update was shown, and with it the pixels of all earlier ones of its track. */
  presented(now: number, track: TrackId, id: UpdateId): void {
    this.unshown = this.unshown.filter((unshown) => {
      if (unshown.track !== track || unshown.id > id) return true;
      this.counted.record("presented", unshown.decoded, now);
      if (unshown.captured !== null) this.counted.record("commit_to_presented", unshown.captured, now);
      if (unshown.input !== null) this.counted.record("input_to_presented", unshown.input, now);
      return false;
    });
  }

  /** A track is gone. */
  forget(track: TrackId): void {
    this.unshown = this.unshown.filter((unshown) => unshown.track !== track);
  }
}

function pushBounded<T>(queue: T[], item: T): void {
  if (queue.length >= MAX_REMEMBERED) queue.shift();
  queue.push(item);
}
