/**
 * The clipboards of all sessions on the page, as the input of a document meets them: gestures concern all,
 * and what is pasted goes to the session whose window has the keyboard.
 */

import type { Event } from "../link/vocabulary";
import type { Session } from "../page/session";
import type { SessionId } from "../page/window-key";
import { Clipboard, type ClipboardOptions, type Waiting } from "./clipboard";
import type { Pasted } from "./content";

export interface ClipboardsOptions extends Pick<ClipboardOptions, "focused" | "webkit"> {
  /** Whether a session's app has copied something that goes out only at a click. */
  pending(session: Session, waiting: Waiting): void;
  /** The session whose window has the keyboard. */
  active(): SessionId;
}

export class Clipboards {
  private readonly bySession = new Map<SessionId, Clipboard>();

  constructor(private readonly options: ClipboardsOptions) {}

  handle(session: Session, event: Event): void {
    this.of(session).handle(event);
  }

  /** The clipboard of one session. */
  of(session: Session): Clipboard {
    const known = this.bySession.get(session.id);
    if (known !== undefined) return known;
    const { focused, webkit, pending } = this.options;
    const made = new Clipboard({
      ...{ focused, webkit },
      send: (command) => session.send(command),
      pending: (waiting) => pending(session, waiting),
    });
    this.bySession.set(session.id, made);
    return made;
  }

  gesture(copies: boolean): void {
    for (const clipboard of this.bySession.values()) clipboard.gesture(copies);
  }

  async focus(): Promise<void> {
    for (const clipboard of this.bySession.values()) await clipboard.focus();
  }

  take(pasted: Pasted | null): boolean {
    return this.active?.take(pasted) ?? false;
  }

  async read(): Promise<boolean> {
    return (await this.active?.read()) ?? false;
  }

  private get active(): Clipboard | undefined {
    return this.bySession.get(this.options.active());
  }
}
