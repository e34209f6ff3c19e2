/**
 * All windows on the page, and what the engine says about them. The desk decides which window is shown, where, in which order,
 * and which one has the keyboard; each view only shows what it is told.
 */

import type { Surface } from "../../input";
import { fill, texts } from "../../language";
import type { Command, Event, State } from "../../link/vocabulary";
import type { Role, TrackId, Window } from "../../protocol/types";
import { Arranger } from "./arrange";
import { Canvases } from "./canvases";
import { cursorOf } from "../widgets/cursor";
import { make } from "../widgets/dom";
import { Drags } from "./drag";
import { Focus } from "./focus";
import { edgeOf } from "../model/geometry";
import { AppIcons } from "../widgets/app-icons";
import { WindowTree } from "../model/window-tree";
import { Manager } from "./manage";
import type { Notices } from "../chrome/notices";
import { SingleWindow } from "../model/single-window";
import { Inputs, storage } from "./inputs";
import type { Send } from "../window/picture";
import { Popups, type PopupArea } from "./popups";
import { Places } from "../model/places";
import { PopOuts } from "../popout/popouts";
import { Screen } from "./screen";
import { shortcutOf, type Shortcut } from "../chrome/shortcuts";
import { Touch } from "../phone/touch";
import { View } from "../window/view";
import { Visibility } from "./visibility";
import { Wishes } from "../model/wishes";

export interface DeskOptions {
  send: Send;
  notices: Notices;
  /** Single-window mode: only windows of this app, or this track. */
  only: string | null;
  /** What is shown beside windows is out of date. */
  changed(): void;
  /** A shortcut of the desk's was pressed in this document: the page's own, or that of a window that is popped out. */
  shortcut(shortcut: Shortcut, owner: Document): void;
  /** The user has opened the menu of a window. */
  menu(view: View, at: { x: number; y: number }): void;
  /** SingleWindow a press of a button can put what an app has copied on this machine's clipboard. */
  copyable(copyable: boolean): void;
}

export class Desk {
  readonly element: HTMLElement;
  /** Does not move; as large as the work area. */
  readonly stage = make("div", { class: "stage" });
  /** Holds all windows; phones zoom it. */
  readonly layer = make("div", { class: "layer" });
  readonly tree = new WindowTree();
  readonly views = new Map<TrackId, View>();
  readonly icons = new AppIcons();
  readonly wishes: Wishes;
  readonly screen: Screen;
  readonly arranger: Arranger;
  readonly drags: Drags;
  readonly popOuts: PopOuts;
  readonly manager: Manager;
  readonly inputs: Inputs;
  readonly touch: Touch;
  readonly popups: Popups;
  readonly canvases = new Canvases(this);
  readonly visibility: Visibility;
  readonly focus: Focus;
  private readonly single: SingleWindow;
  role: Role = "control";
  private readonly places = new Places(storage());

  constructor(readonly options: DeskOptions) {
    const { send } = options;
    this.single = new SingleWindow(options.only, this.tree);
    this.stage.append(this.layer);
    this.element = make("main", { class: "desk", label: texts.desk, children: [this.stage] });
    document.body.prepend(this.element);
    this.wishes = new Wishes((track, configure) => send({ do: "configure", track, configure }));
    this.screen = new Screen(window, this.stage, () => this.rearrange());
    const views = () => this.views.values();
    this.arranger = new Arranger(this.wishes, this.tree, {
      alone: (view) => this.single.fills(view.window),
      views,
      screen: (view) => this.popOuts.screenOf(view) ?? this.screen,
    });
    this.drags = new Drags(this.layer, this.screen, this.arranger, (view) => this.moved(view));
    this.popOuts = new PopOuts(this);
    this.popups = new Popups(this);
    this.visibility = new Visibility(this);
    this.focus = new Focus(this);
    this.manager = new Manager(this);
    this.touch = new Touch(this);
    this.inputs = new Inputs(this.stage, {
      send: (command: Command) => send(command),
      keeps: (event) => this.keeps(event),
      pressed: (surface) => this.pressed(surface),
      appId: (track) => this.tree.get(track)?.app_id ?? "",
      copyable: options.copyable,
      ...this.touch.options,
    });
    this.touch.begin();
    this.stage.addEventListener("contextmenu", (event) => event.preventDefault());
    this.stage.addEventListener("pointerdown", ({ target }) => {
      if (target === this.stage || target === this.layer) this.activate(null);
    });
    addEventListener("pagehide", () => this.popOuts.closeAll());
    // While menus have the keyboard; else the field that has it asks.
    addEventListener("keydown", (event) => this.inMenus(event) && this.keeps(event), { capture: true });
  }

  /** Something happened at the engine. */
  handle(event: Event): void {
    switch (event.on) {
      case "state":
        this.onState(event.state);
        break;
      case "window":
        this.onWindow(event.window);
        break;
      case "window-gone":
        this.onGone(event.track);
        break;
      case "picture":
        this.onPicture(event.track, event.size);
        break;
      case "icon":
        if (this.icons.add(event.icon)) this.options.changed();
        break;
      case "cursor":
        this.canvases.show(cursorOf(event.cursor));
        break;
      case "bell":
        this.manager.ring(this.tree.root(event.track));
        break;
      case "grabbed":
        this.onGrabbed(event);
        break;
      default:
    }
    this.inputs.handle(event);
  }

  private onState(state: State): void {
    if (state.is !== "online") return;
    this.role = state.role;
    this.places.begin(state.session);
    this.wishes.mayWish = state.role === "control";
    this.wishes.again();
    this.visibility.begin();
  }

  private onWindow(window: Window): void {
    const before = this.tree.get(window.track);
    this.tree.set(window);
    if (window.kind === "popup") this.popups.show(window);
    else this.onToplevel(window, before);
    this.options.changed();
  }

  private onToplevel(window: Window, before: Window | undefined): void {
    const { track } = window;
    const view = this.views.get(track);
    if (view === undefined || before === undefined) {
      const { send } = this.options;
      const made = new View(window, this.manager.actionsOf(track), send);
      this.views.set(track, made);
      this.layer.append(made.group);
      this.canvases.attach(made);
      return;
    }
    view.window = window;
    if (view.group.hidden && view.normal === null) return;
    if (view.home === "popped-out") this.popOuts.follow(view);
    else this.arranger.follow(view, before);
    if (window.states.minimized && !before.states.minimized) this.manager.minimise(view);
    view.describe();
    this.moved(view);
    if (window.stacking !== before.stacking || window.parent !== before.parent) this.focus.restack();
  }

  private onGone(track: TrackId): void {
    this.popups.remove(track);
    const view = this.views.get(track);
    const owner = this.tree.owner(track);
    this.tree.remove(track);
    this.wishes.forget(track);
    this.places.forget(track);
    this.visibility.forget(track);
    if (view !== undefined) {
      this.canvases.forget(track);
      this.views.delete(track);
      this.popOuts.forget(view);
      view.group.remove();
      if (!view.group.hidden) this.options.notices.speak(fill(texts.window.closed, { title: view.title }));
      this.focus.forget(track, owner);
    }
    this.options.changed();
  }

  /** A picture came, or has another size: the first one opens its window. */
  private onPicture(track: TrackId, size: { w: number; h: number }): void {
    if (this.popups.picture(track, size)) return;
    const view = this.views.get(track);
    if (view === undefined) return;
    view.pixels = size;
    if (view.normal === null) this.open(view);
    else if (view.home === "popped-out") this.popOuts.light(view);
    else this.arranger.light(view);
    this.moved(view);
  }

  private open(view: View): void {
    const known = this.places.of(view.track);
    this.popOuts.carry(view);
    this.arranger.open(view, known);
    view.minimised = known?.minimised ?? false;
    view.describe();
    this.focus.restack();
    if (this.excluded(view)) return;
    // New windows are on top; of those that were there before, the topmost gets the keyboard.
    const active = this.active === null ? undefined : this.tree.get(this.active);
    const above = active === undefined || view.window.stacking > active.stacking;
    if (view.window.states.minimized) this.manager.minimise(view);
    else if (above && !this.drags.active && !view.minimised) this.focus.activate(view.track, true);
    this.options.notices.speak(fill(texts.window.opened, { title: view.title }));
    this.options.changed();
  }

  private onGrabbed({ track, grab }: Extract<Event, { on: "grabbed" }>): void {
    const view = this.views.get(track);
    if (view === undefined) return;
    const input = this.inputs.of(view.picture.canvas.ownerDocument);
    const grip = input.handOver(track);
    if (grip === null || view.home === "popped-out") return;
    this.drags.begin(view, edgeOf(grab), { pointer: grip.pointerId, x: grip.x, y: grip.y });
  }

  /** Gives a window the keyboard and puts it on top; null: none. */
  activate(track: TrackId | null): void {
    this.focus.activate(track);
  }

  /** Gives the keyboard to the active window again, after a menu had it. */
  refocus(): void {
    this.focus.refocus();
  }

  /** Who has the keyboard, as far as the desk is concerned. */
  get active(): TrackId | null {
    return this.focus.active;
  }

  /** Everything is laid out anew: the screen, its pixels or its kind has changed. */
  private rearrange(): void {
    for (const view of this.views.values()) {
      if (view.normal === null || view.home !== "desk") continue;
      this.arranger.apply(view);
      view.describe();
      this.moved(view);
    }
    this.touch.layout();
    this.visibility.settle();
    this.options.changed();
  }

  /** A view moved or changed its size: its popups go with it. */
  moved(view: View): void {
    this.popups.place(view);
    this.keepPlace(view);
    if (view.track === this.active) this.touch.layout();
  }

  /** Remembers where a window stands, once it rests. */
  keepPlace(view: View): void {
    const { normal, size, mode, minimised, track } = view;
    const passing = this.drags.active || this.screen.compact || view.home !== "desk" || mode === "fullscreen";
    if (normal === null || passing) return;
    this.places.note(track, { normal, size, mode, minimised });
  }

  /** Where popups of a view are drawn. */
  popupArea(view: View): PopupArea {
    const out = this.popOuts.popupAreaOf(view);
    if (out !== null) return out;
    const bar = this.arranger.barHeight(view);
    const { at, factor } = view;
    const { area, viewport, dpr } = this.arranger.screen(view);
    const room = view.mode === "fullscreen" ? viewport : area;
    return {
      layer: view.group,
      origin: { x: 0, y: bar },
      bounds: { x: -at.x / factor, y: -at.y / factor, w: room.w / factor, h: room.h / factor },
      dpr,
    };
  }

  /** A view was drawn into another document, or into this one again: its input and popups follow. */
  moveInput(view: View): void {
    this.canvases.attach(view);
    for (const window of this.tree.popupsOf(view.track)) this.popups.show(window);
  }

  private pressed({ toplevel }: Surface): void {
    this.activate(toplevel);
  }

  private inMenus({ target }: KeyboardEvent): boolean {
    return !(target instanceof Element && target.classList.contains("text-sink"));
  }

  private keeps(event: KeyboardEvent): boolean {
    const shortcut = shortcutOf(event);
    if (shortcut === null) return false;
    event.preventDefault();
    if (!event.repeat || shortcut === "next" || shortcut === "previous")
      this.options.shortcut(shortcut, event.view?.document ?? document);
    return true;
  }

  /** Whether single-window mode leaves a window out. */
  excluded(view: View): boolean {
    return this.single.excludes(view.window);
  }
}
