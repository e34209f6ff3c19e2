/**
 * Apps that have the pointer to themselves, as games do: by the Pointer Lock API. Browsers give it only
 * shortly after the user did something, so a refused one is asked for again at the next press. Esc takes it
 * back; a press on the window gives it again.
 */

import type { InputEvent, TrackId } from "../../protocol/types";
import type { Surface, Surfaces } from "./surface";

export interface LockHost {
  readonly surfaces: Surfaces;
  emit(track: TrackId, event: InputEvent, at: number): void;
}

export class PointerLock {
  /** The app that wants the pointer. */
  private wanted: TrackId | null = null;
  /** Motion that was not sent yet. */
  private sum = { dx: 0, dy: 0, at: 0 };
  private scheduled = false;

  constructor(
    private readonly document: Document,
    private readonly host: LockHost,
    signal: AbortSignal,
  ) {
    document.addEventListener("pointermove", (event) => this.moved(event), { signal });
  }

  /** The track whose app has the pointer now. */
  get track(): TrackId | null {
    const surface = this.host.surfaces.shownBy(this.document.pointerLockElement ?? null);
    return surface !== undefined && surface.track === this.wanted ? surface.track : null;
  }

  /** An app wants the pointer, or none does any more. */
  want(track: TrackId | null): void {
    this.wanted = track;
    if (this.document.pointerLockElement != null && this.track === null) this.document.exitPointerLock();
    const surface = track === null ? undefined : this.host.surfaces.of(track);
    if (surface !== undefined) this.ask(surface);
  }

  /** The user pressed on a surface: now it may be allowed. */
  pressed(surface: Surface): void {
    if (surface.track === this.wanted && this.track === null) this.ask(surface);
  }

  private ask({ element }: Surface): void {
    if (typeof element.requestPointerLock !== "function") return;
    const raw = { unadjustedMovement: true } as never;
    // Older engines answer nothing, and some have no raw motion.
    const plain = () => Promise.resolve(element.requestPointerLock());
    Promise.resolve(element.requestPointerLock(raw))
      .catch((error: unknown) => ((error as Error).name === "NotSupportedError" ? plain() : undefined))
      .catch(() => {});
  }

  private moved(event: MouseEvent): void {
    if (this.track === null) return;
    this.sum = { dx: this.sum.dx + event.movementX, dy: this.sum.dy + event.movementY, at: event.timeStamp };
    if (this.scheduled) return;
    this.scheduled = true;
    // Once a frame: more than that no app looks at.
    this.document.defaultView?.requestAnimationFrame(() => this.flush());
  }

  /** Sends what has gathered, before a button for instance. */
  flush(): void {
    this.scheduled = false;
    const { dx, dy, at } = this.sum;
    const { track } = this;
    this.sum = { dx: 0, dy: 0, at };
    if (track !== null && (dx !== 0 || dy !== 0)) this.host.emit(track, { RelativeMotion: { dx, dy } }, at);
  }
}
