/** How long to wait before the next try to connect: doubles from a tenth of a second to two seconds. */

const SHORTEST = 100;
const LONGEST = 2_000;

/** Milliseconds, one wait after the other. */
export class Backoff {
  private wait = SHORTEST;

  /** The wait before the next try. */
  next(): number {
    const wait = this.wait;
    this.wait = Math.min(2 * wait, LONGEST);
    return wait;
  }

  /** It worked: the next wait is the shortest. */
  reset(): void {
    this.wait = SHORTEST;
  }
}
