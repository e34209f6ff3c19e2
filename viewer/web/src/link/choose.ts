/**
 * Which transport carries a link: all are tried side by side, the best that works in time is taken.
 *
 * In time means: two seconds at most, and less once another works, since whatever blocks one rarely lets it
 * through late. The less preferred begin a moment later, or as soon as one before them failed, so that where
 * the best works the host hears of no other.
 */

import {
  Unsupported,
  type CloseReason,
  type Join,
  type Link,
  type LinkHandler,
  type Open,
  type Transport,
} from "./link";
import { type Lane } from "../protocol/lane";
import type { Attempt } from "./vocabulary";

/** The longest wait for a better transport, in milliseconds. */
const BETTER_TIMEOUT = 2_000;
/** After this long without any, it is given up. */
const ANY_TIMEOUT = 8_000;
/** How much later each less preferred transport begins. */
const START_STAGGER = 100;
/** Once one works after so many milliseconds, better ones get four times as long and this much more. */
const BETTER_GRACE = 500;

export interface Choice {
  link: Link;
  /** What became of each transport, in the order of preference. */
  attempts: Attempt[];
}

/** None works. */
export class NoTransport extends Error {
  constructor(readonly attempts: Attempt[]) {
    super(
      attempts.map(({ transport, detail }) => `${transport}: ${detail}`).join("; ") ||
        "no transport is allowed",
    );
  }
}

/** One transport that is tried. */
interface Candidate {
  transport: Transport;
  open: Open;
  abort: AbortController;
  attempt: Attempt;
  link: Link | null;
}

/**
 * Tries the transports, best first. The handler hears only of the chosen link. Rejects with `NoTransport`.
 */
export async function choose(
  openers: [Transport, Open][],
  join: Join,
  handler: LinkHandler,
  signal: AbortSignal,
): Promise<Choice> {
  const race = new Race(openers, join, handler);
  const stop = () => race.decide();
  signal.addEventListener("abort", stop);
  try {
    return await race.run();
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

class Race {
  private readonly candidates: Candidate[];
  private readonly started = performance.now();
  private readonly timers: ReturnType<typeof setTimeout>[] = [];
  private begun = 0;
  private over = false;
  private resolve!: (choice: Choice) => void;
  private reject!: (error: NoTransport) => void;

  constructor(
    openers: [Transport, Open][],
    private readonly join: Join,
    private readonly handler: LinkHandler,
  ) {
    this.candidates = openers.map(([transport, open]) => ({
      transport,
      open,
      abort: new AbortController(),
      attempt: { transport, result: "late", detail: "", millis: 0 },
      link: null,
    }));
  }

  run(): Promise<Choice> {
    return new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
      this.candidates.forEach((_, i) => this.later(i * START_STAGGER, () => this.begin(i)));
      this.later(BETTER_TIMEOUT, () => this.takeWhatWorks());
      this.later(ANY_TIMEOUT, () => this.decide());
      this.begin(0);
    });
  }

  /** Takes the best that works now, or none; gives up the others. */
  decide(): void {
    if (this.over) return;
    this.over = true;
    this.timers.forEach(clearTimeout);
    const chosen = this.candidates.find(({ link }) => link !== null);
    for (const candidate of this.candidates) if (candidate !== chosen) this.giveUp(candidate, chosen);
    const attempts = this.candidates.map(({ attempt }) => attempt);
    if (chosen === undefined || chosen.link === null) return this.reject(new NoTransport(attempts));
    chosen.attempt.result = "used";
    this.resolve({ link: chosen.link, attempts });
  }

  /** Time is up for better ones. */
  private takeWhatWorks(): void {
    if (this.candidates.some(({ link }) => link !== null)) this.decide();
  }

  private later(millis: number, then: () => void): void {
    this.timers.push(setTimeout(then, millis));
  }

  /** Begins all up to this one. */
  private begin(last: number): void {
    for (; this.begun <= last && !this.over; this.begun++) {
      const candidate = this.candidates[this.begun];
      if (candidate === undefined) return this.settle();
      void this.attempt(candidate);
    }
  }

  private async attempt(candidate: Candidate): Promise<void> {
    const began = performance.now();
    const { attempt, abort } = candidate;
    try {
      const link = await candidate.open(this.join, this.handlerOf(candidate), abort.signal);
      if (this.over) return link.close("");
      candidate.link = link;
      attempt.result = "works";
    } catch (error) {
      if (this.over) return;
      attempt.result = error instanceof Unsupported ? "unsupported" : "failed";
      attempt.detail = error instanceof Error ? error.message : String(error);
      this.begin(this.candidates.indexOf(candidate) + 1);
    } finally {
      attempt.millis = performance.now() - began;
    }
    this.settle();
  }

  /** Decides if nothing better can come, or not for long. */
  private settle(): void {
    const open = this.candidates.findIndex(({ link }) => link !== null);
    const better = open < 0 ? this.candidates : this.candidates.slice(0, open);
    if (better.every(({ attempt }) => attempt.result !== "late")) this.decide();
    else if (open >= 0) {
      const took = performance.now() - this.started;
      this.later(Math.min(3 * took + BETTER_GRACE, BETTER_TIMEOUT - took), () => this.takeWhatWorks());
    }
  }

  /** A link that ends before it was chosen is one that failed. */
  private handlerOf(candidate: Candidate): LinkHandler {
    return {
      message: (lane: Lane, bytes: Uint8Array) => this.handler.message(lane, bytes),
      closed: (reason: CloseReason) => {
        if (this.over) {
          if (candidate.attempt.result === "used") this.handler.closed(reason);
        } else {
          candidate.link = null;
          candidate.attempt.result = "failed";
          candidate.attempt.detail = reason.message;
          this.settle();
        }
      },
    };
  }

  private giveUp(candidate: Candidate, chosen: Candidate | undefined): void {
    const { attempt } = candidate;
    candidate.abort.abort();
    candidate.link?.close("");
    candidate.link = null;
    if (attempt.result !== "late") return;
    const began = this.candidates.indexOf(candidate) < this.begun;
    attempt.millis = performance.now() - this.started;
    if (chosen === undefined) attempt.detail = "no answer";
    else attempt.detail = began ? `${chosen.transport} was sooner` : `not needed: ${chosen.transport} works`;
  }
}
