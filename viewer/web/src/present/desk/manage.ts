/** What users do with windows as a whole: by buttons, menus and keys. */

import { fill, texts } from "../../language";
import type { TrackId } from "../../protocol/types";
import type { Mode } from "../model/toplevel";
import type { Windows } from "../model/windows";
import type { View } from "../window/view";

/** How long a window that rings or blocks others is marked, in milliseconds. */
const MARK_DURATION = 900;

export interface ManagerHost {
  /** Does something to a window's size or mode, once that is this viewer's to choose. */
  whenHeld(view: View, act: () => void): void;
  compact(): boolean;
  /** A view has another mode: lays it out. */
  arrange(view: View): void;
  /** Windows were minimised or are shown again. */
  minimised(views: readonly View[]): void;
  activate(track: TrackId | null): void;
  /** Brings the browser window of a view that was popped out to the front. */
  showPopOut(view: View): void;
  /** Fills the screen with an element of its document, or leaves full screen. */
  fullscreen(owner: Document, element: Element | null): Promise<void>;
  /** Tells screen readers. */
  speak(text: string): void;
  settle(): void;
  changed(): void;
}

export class Manager {
  constructor(
    private readonly windows: Windows<View>,
    private readonly host: ManagerHost,
  ) {
    document.addEventListener(
      "fullscreenchange",
      () => document.fullscreenElement === null && this.leaveFullscreen(),
    );
  }

  /** The user has left full screen by the browser's own key. */
  private leaveFullscreen(): void {
    for (const view of this.windows.all()) if (view.mode === "fullscreen") this.set(view, view.before);
  }

  minimise(view: View): void {
    const changed = this.windows.minimise(view.track);
    if (changed.length === 0) return;
    this.host.minimised(changed);
    this.host.speak(fill(texts.window.minimised, { title: view.title }));
    if (this.windows.inUse(view.track)) this.host.activate(this.windows.successor());
    this.host.settle();
    this.host.changed();
  }

  minimiseAll(): void {
    for (const view of this.windows.all()) if (view.opened) this.minimise(view);
  }

  /** Gives a window a mode, or takes it back if it has it. */
  toggle(view: View, mode: Exclude<Mode, "normal">): void {
    this.set(view, this.windows.toggled(view, mode));
  }

  set(view: View, mode: Mode): void {
    this.host.whenHeld(view, () => {
      if (!this.windows.setMode(view, mode)) return;
      this.host.arrange(view);
      this.host.changed();
    });
  }

  /** A window fills the screen, and its app gets all keys that the browser gives away. */
  async fullscreen(view: View): Promise<void> {
    const owner = view.picture.canvas.ownerDocument;
    // A browser window of its own has nothing else to show.
    if (owner !== document)
      return this.host.fullscreen(owner, owner.fullscreenElement ? null : owner.documentElement);
    const leaves = view.shownMode === "fullscreen";
    const filled = document.fullscreenElement !== null;
    // All of the page, so that menus and notices are seen too.
    if (leaves === filled) await this.host.fullscreen(document, leaves ? null : document.documentElement);
    this.set(view, leaves ? view.before : "fullscreen");
    this.host.activate(view.track);
  }

  /** A press on a taskbar's button: shows the window, or puts it away if it is in front. */
  pick(track: TrackId): void {
    const view = this.windows.get(track);
    if (view === undefined) return;
    if (view.home === "popped-out") return this.host.showPopOut(view);
    if (this.windows.active === track && !view.minimised && !this.host.compact()) this.minimise(view);
    else this.host.activate(track);
  }

  /** An app rang: its window is marked until it is used, unless it has the keyboard. */
  ring(track: TrackId): void {
    const view = this.windows.get(track);
    if (view === undefined) return;
    if (!this.windows.ring(view)) return this.point(view);
    this.host.speak(fill(texts.taskbar.ring, { title: view.title }));
    this.host.changed();
  }

  /** Draws the eye to a window. */
  point({ frame }: View): void {
    frame.classList.add("pointed");
    setTimeout(() => frame.classList.remove("pointed"), MARK_DURATION);
  }
}
