/** Keeps a viewer connected: joins, chooses a transport, lives with it until it breaks, and begins again. */

import { Backoff } from "./backoff";
import { NoTransport, choose, type Choice } from "./choose";
import { NotLetIn } from "./join";
import type { Join, LinkHandler, Open, Transport } from "./link";
import type { Attempt } from "./vocabulary";

/** What ended one connection, or all of them. */
export type Over =
  /** Nothing will follow. */
  | { end: "left" | "session-over" | "removed" | "failed"; message: string }
  /** It broke; another may be made. */
  | { broken: string };

/** What the surroundings do for it. */
export interface Surroundings {
  /** Asks the host for the right to join. */
  join(): Promise<Join>;
  /** What may be tried, the best first. */
  openers(): [Transport, Open][];
  /** Who hears of a link before and after it was chosen; a new one for each choice. */
  handler(): LinkHandler;
  /** Lives with a link until it is over. */
  live(join: Join, choice: Choice): Promise<Over>;
  /** There is no connection: why, and for the how manieth time in a row. */
  waiting(reason: string, attempt: number, attempts: Attempt[]): void;
}

/** A transport that breaks so soon, in milliseconds, is not the first choice for a while. */
const EARLY_BREAK = 15_000;
/** How long a while is, in milliseconds. */
const DEMOTED_FOR = 60_000;

/** The loop. */
export class Reconnect {
  private readonly backoff = new Backoff();
  private readonly demoted = new Map<Transport, number>();
  private wakeUp = () => {};
  private readonly given = new AbortController();

  constructor(private readonly surroundings: Surroundings) {}

  /** Runs until it is over for good. */
  async run(): Promise<Exclude<Over, { broken: string }>> {
    for (let attempt = 1; ; attempt++) {
      const over = await this.once(() => (attempt = 1));
      if ("end" in over) return over;
      if (this.given.signal.aborted) return LEFT;
      this.surroundings.waiting(over.broken, attempt, over.attempts ?? []);
      await this.pause(this.backoff.next());
      if (this.given.signal.aborted) return LEFT;
    }
  }

  /** The network changed, or the machine woke: no reason to wait any longer. */
  wake(): void {
    this.wakeUp();
  }

  /** Nobody wants a connection any more. */
  giveUp(): void {
    this.given.abort();
    this.wake();
  }

  private async once(connected: () => void): Promise<Over & { attempts?: Attempt[] }> {
    const { surroundings } = this;
    try {
      const join = await surroundings.join();
      const openers = this.ranked(surroundings.openers());
      const choice = await choose(openers, join, surroundings.handler(), this.given.signal);
      if (this.given.signal.aborted) {
        choice.link.close("");
        return LEFT;
      }
      const { transport } = choice.link;
      const began = performance.now();
      const over = await surroundings.live(join, choice);
      const lived = performance.now() - began;
      if ("broken" in over && lived < EARLY_BREAK)
        this.demoted.set(transport, performance.now() + DEMOTED_FOR);
      if (lived >= EARLY_BREAK) {
        connected();
        this.backoff.reset();
      }
      return over;
    } catch (error) {
      if (error instanceof NotLetIn) return { end: "failed", message: error.message };
      const broken = error instanceof Error ? error.message : String(error);
      return { broken, attempts: error instanceof NoTransport ? error.attempts : [] };
    }
  }

  /** What broke soon, lately, comes last. */
  private ranked(openers: [Transport, Open][]): [Transport, Open][] {
    const now = performance.now();
    const bad = ([transport]: [Transport, Open]) => (this.demoted.get(transport) ?? 0) > now;
    return [...openers.filter((opener) => !bad(opener)), ...openers.filter(bad)];
  }

  private pause(millis: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, millis);
      this.wakeUp = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

const LEFT = { end: "left", message: "" } as const;
