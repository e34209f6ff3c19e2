/**
 * What people read while the host does not answer: first that it is so, then what to check, then what to do.
 */

export type Stage = "lost" | "check" | "gone";

/** From when on the next sentence is said, in milliseconds since the host was lost. */
const CHECK = 30_000;
const GONE = 150_000;

export function stageOf(since: number, now: number): Stage {
  if (now - since >= GONE) return "gone";
  return now - since >= CHECK ? "check" : "lost";
}

/** Counts for one session from its loss on. */
export class Lost {
  private since: number | null = null;
  private timers: ReturnType<typeof setTimeout>[] = [];

  constructor(private readonly say: (stage: Stage) => void) {}

  /** The host does not answer; calling it again while that is so begins nothing anew. */
  begin(now = Date.now()): void {
    if (this.since !== null) return;
    const since = now;
    this.since = since;
    this.say("lost");
    this.timers = [CHECK, GONE].map((after) =>
      setTimeout(() => this.say(stageOf(since, since + after)), after),
    );
  }

  end(): void {
    this.since = null;
    for (const timer of this.timers) clearTimeout(timer);
    this.timers = [];
  }
}
