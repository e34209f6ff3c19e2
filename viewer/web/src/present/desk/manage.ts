/** What users do with windows as a whole: by buttons, menus and keys. */

import { fill, texts } from "../../language";
import type { TrackId } from "../../protocol/types";
import type { Desk } from "./desk";
import type { Tile } from "../model/geometry";
import { allowed, resizable } from "../model/limits";
import type { Mode, View, ViewActions } from "../window/view";

/** By how much arrow keys move and resize, in CSS pixels; with Shift by one. */
const STEP = 24;
/** How long a window that rings or blocks others is marked, in milliseconds. */
const MARK_DURATION = 900;

export class Manager {
  constructor(private readonly desk: Desk) {
    document.addEventListener(
      "fullscreenchange",
      () => document.fullscreenElement === null && this.leaveFullscreen(),
    );
  }

  /** The user has left full screen by the browser's own key. */
  private leaveFullscreen(): void {
    for (const view of this.desk.views.values()) if (view.mode === "fullscreen") this.set(view, view.before);
  }

  /** What the buttons of a window do. */
  actionsOf(track: TrackId): ViewActions {
    const act = (what: (view: View) => void) => () => {
      const view = this.desk.views.get(track);
      if (view !== undefined) what(view);
    };
    return {
      menu: (at) => act((view) => this.desk.options.menu(view, at))(),
      popOut: act((view) => this.desk.popOuts.open(view)),
      minimise: act((view) => this.minimise(view)),
      maximise: act((view) => this.toggle(view, "maximized")),
      close: act((view) => this.close(view)),
      press: () => this.desk.activate(track),
      drag: ({ pointerId, clientX, clientY }, edge) =>
        act((view) => this.desk.drags.begin(view, edge, { pointer: pointerId, x: clientX, y: clientY }))(),
    };
  }

  /** Asks the app; it may refuse. */
  close({ track }: View): void {
    this.desk.options.send({ do: "close", track });
  }

  minimise(view: View): void {
    if (view.minimised || view.home !== "desk") return;
    const { desk } = this;
    const family = [view.track, ...desk.tree.dependants(view.track)];
    for (const track of family) this.setMinimised(track, true);
    desk.options.notices.speak(fill(texts.window.minimised, { title: view.title }));
    if (desk.active !== null && family.includes(desk.active)) desk.activate(desk.focus.successor());
    desk.visibility.settle();
    desk.options.changed();
  }

  bringBack(view: View): void {
    const { tree } = this.desk;
    const owner = tree.owner(view.track) ?? view.track;
    for (const track of [owner, view.track, ...tree.dependants(owner)]) this.setMinimised(track, false);
    this.desk.visibility.settle();
  }

  private setMinimised(track: TrackId, minimised: boolean): void {
    const view = this.desk.views.get(track);
    if (view === undefined || view.minimised === minimised) return;
    view.minimised = minimised;
    view.describe();
    this.desk.keepPlace(view);
  }

  minimiseAll(): void {
    for (const view of this.desk.views.values()) if (view.normal !== null) this.minimise(view);
  }

  /** Gives a window a mode, or takes it back if it has it. */
  toggle(view: View, mode: Exclude<Mode, "normal">): void {
    this.set(view, view.mode === mode ? (mode === "fullscreen" ? view.before : "normal") : mode);
  }

  set(view: View, mode: Mode): void {
    if (!this.desk.wishes.mayWish) return;
    if (
      view.home !== "desk" ||
      (mode !== "normal" && mode !== "fullscreen" && !resizable(view.window.limits))
    )
      return;
    if (mode === "fullscreen") view.before = view.mode;
    view.mode = mode;
    view.anchor = null;
    this.desk.arranger.apply(view);
    view.describe();
    this.desk.moved(view);
    this.desk.options.changed();
  }

  tile(view: View, tile: Tile): void {
    this.toggle(view, tile);
  }

  /** A window fills the screen, and its app gets all keys that the browser gives away. */
  async fullscreen(view: View): Promise<void> {
    const { inputs } = this.desk;
    const owner = view.picture.canvas.ownerDocument;
    // A browser window of its own has nothing else to show.
    if (owner !== document)
      return inputs.of(owner).fullscreen(owner.fullscreenElement ? null : owner.documentElement);
    const leaves = view.mode === "fullscreen";
    const filled = document.fullscreenElement !== null;
    // All of the page, so that menus and notices are seen too.
    if (leaves === filled) await inputs.main.fullscreen(leaves ? null : document.documentElement);
    this.set(view, leaves ? view.before : "fullscreen");
    this.desk.activate(view.track);
  }

  /** A press on a taskbar's button: shows the window, or puts it away if it is in front. */
  pick(track: TrackId): void {
    const { desk } = this;
    const view = desk.views.get(track);
    if (view === undefined) return;
    if (view.home === "popped-out") return desk.popOuts.show(view);
    if (desk.active === track && !view.minimised && !desk.screen.compact) this.minimise(view);
    else desk.activate(track);
  }

  /** An app rang: its window is marked until it is used, unless it has the keyboard. */
  ring(track: TrackId): void {
    const view = this.desk.views.get(track);
    if (view === undefined) return;
    if (this.desk.active !== track) {
      view.rang = true;
      this.desk.options.notices.speak(fill(texts.taskbar.ring, { title: view.title }));
      this.desk.options.changed();
    } else this.point(track);
  }

  /** Draws the eye to a window. */
  point(track: TrackId): void {
    const frame = this.desk.views.get(track)?.frame;
    frame?.classList.add("pointed");
    setTimeout(() => frame?.classList.remove("pointed"), MARK_DURATION);
  }

  /** Moves or resizes a window by arrow keys until Enter or Escape. */
  byKeys(view: View, what: "move" | "resize"): void {
    const { desk } = this;
    desk.activate(view.track);
    desk.inputs.main.focus(null);
    desk.options.notices.say(what === "move" ? texts.window.moveHint : texts.window.resizeHint, "windows");
    const before = { mode: view.mode, normal: view.normal, size: view.size };
    if (view.mode !== "normal") this.set(view, "normal");
    const listening = new AbortController();
    const end = (): void => {
      listening.abort();
      desk.arranger.apply(view);
      desk.moved(view);
      desk.activate(view.track);
    };
    const key = (event: KeyboardEvent): void => {
      event.preventDefault();
      event.stopPropagation();
      if (event.key === "Enter") return end();
      if (event.key === "Escape") {
        Object.assign(view, before);
        return end();
      }
      this.nudge(view, what, event);
    };
    const options = { capture: true, signal: listening.signal };
    addEventListener("keydown", key, options);
    addEventListener("pointerdown", end, options);
  }

  private nudge(view: View, what: "move" | "resize", { key, shiftKey }: KeyboardEvent): void {
    const directions: Record<string, [number, number]> = {
      ArrowLeft: [-1, 0],
      ArrowRight: [1, 0],
      ArrowUp: [0, -1],
      ArrowDown: [0, 1],
    };
    const direction = directions[key];
    if (direction === undefined) return;
    const { increment } = view.window.limits;
    const least = { x: increment?.w ?? 1, y: increment?.h ?? 1 };
    const step = (along: number, least: number) => along * (shiftKey ? least : Math.max(STEP, least));
    const [dx, dy] = [step(direction[0], least.x), step(direction[1], least.y)];
    if (what === "move") view.normal = { x: view.at.x + dx, y: view.at.y + dy };
    else view.size = allowed({ w: view.size.w + dx, h: view.size.h + dy }, view.window.limits);
    this.desk.arranger.apply(view, what === "resize");
    if (what === "move") view.normal = { ...view.at };
    this.desk.moved(view);
  }
}
