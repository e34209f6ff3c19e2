/** What the core asks its surroundings to do, in order. */

import type { Action, Event, Outbound } from "./action";

/** Actions that wait to be drained. */
export class Outbox {
  private actions: Action[] = [];

  /** Something is to be done. */
  push(action: Action): void {
    this.actions.push(action);
  }

  /** The host is to be sent something. */
  send(outbound: Outbound): void {
    this.push({ do: "send", outbound });
  }

  /** The front end is to be told something. */
  tell(event: Event): void {
    this.push({ do: "tell", event });
  }

  /** What to do next, in order. */
  *drain(): Generator<Action> {
    while (this.actions.length > 0) {
      const { actions } = this;
      this.actions = [];
      yield* actions;
    }
  }
}
