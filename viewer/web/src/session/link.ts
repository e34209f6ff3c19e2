/**
 * How the viewer stands to its host, over all its links.
 *
 * Invariant: what is over is over for good.
 */

import type { Role, ViewerId } from "../protocol/types";
import type { CoreState, End, Unsent } from "./action";
import type { Outbox } from "./outbox";

/** See the file's comment. */
export class Link {
  private now: CoreState = { is: "connecting" };
  /** Whether the host is still telling what there is. */
  private introducing = false;

  constructor(private readonly out: Outbox) {}

  /** How it stands. */
  get state(): CoreState {
    return this.now;
  }

  /** Whether the viewer is in the session. */
  get isLive(): boolean {
    return this.now.is === "live";
  }

  /** Whether it is over for good. */
  get isClosed(): boolean {
    return this.now.is === "closed";
  }

  /** Whether what this viewer shows is of another session than this one. */
  isOfAnother(session: string): boolean {
    return this.now.is === "reconnecting" && this.now.session !== session;
  }

  /** Why the user may not use apps, now or once there is a new link; null: the user may. */
  mayNotUse(): Unsent | null {
    if (this.now.is !== "live" && this.now.is !== "reconnecting") return "not connected";
    return this.now.role === "view" ? "this link allows only to look, not to use" : null;
  }

  /** The host lets the viewer in, and begins to tell what there is. */
  welcomed(session: string, viewer: ViewerId, role: Role): void {
    this.introducing = true;
    this.set({ is: "live", session, viewer, role });
  }

  /** The host has told everything that there is. Answers whether that is news. */
  introduced(): boolean {
    const { introducing } = this;
    this.introducing = false;
    return introducing;
  }

  /** The connection is lost. */
  lost(): void {
    if (this.now.is !== "live") return;
    const { session, role } = this.now;
    this.set({ is: "reconnecting", session, role });
  }

  /** It is over. */
  close(end: End): void {
    this.set({ is: "closed", end });
  }

  private set(state: CoreState): void {
    if (this.isClosed) return;
    this.now = state;
    this.out.push({ do: "state", state });
  }
}
