/** The sessions of a page, and which of them a command is for. */

import type { Command } from "../link/vocabulary";
import type { Session } from "./session";
import { sessionOf, type SessionId, type WindowKey } from "./window-key";

export class Sessions {
  private readonly byId = new Map<SessionId, Session>();

  add(session: Session): void {
    this.byId.set(session.id, session);
  }

  all(): Session[] {
    return [...this.byId.values()];
  }

  get(id: SessionId): Session | undefined {
    return this.byId.get(id);
  }

  /** The session of a window. */
  of(key: WindowKey): Session | undefined {
    return this.byId.get(sessionOf(key));
  }

  /**
   * Sends what concerns a window to its session, and everything else to all. Only one session has the
   * keyboard.
   */
  send(command: Command, transfer: Transferable[] = []): void {
    const key = "track" in command ? command.track : null;
    if (key === null) {
      for (const session of this.all()) session.send(command);
      return;
    }
    const session = this.of(key);
    if (command.do === "focus") {
      for (const other of this.all()) if (other !== session) other.send({ do: "focus", track: null });
    }
    session?.send(command, transfer);
  }
}
