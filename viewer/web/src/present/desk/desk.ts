/**
 * All windows on the page. `Windows` decides which is shown, on top and active; the desk makes their
 * elements, joins its parts, and shows what the engine tells.
 */

import type { Waiting } from "../../clipboard";
import type { Input, Surface } from "../../input";
import { fill, texts } from "../../language";
import type { Command, Event, State } from "../../link/vocabulary";
import type { Session } from "../../page/session";
import type { Sessions } from "../../page/sessions";
import { sessionOf, type SessionId } from "../../page/window-key";
import type { Notice, TrackId, Window } from "../../protocol/types";
import { edgeOf } from "../model/geometry";
import { Windows } from "../model/windows";
import { Touch } from "../phone/touch";
import { PopOuts } from "../popout/popouts";
import { AppIcons } from "../widgets/app-icons";
import { cursorOf } from "../widgets/cursor";
import { make } from "../widgets/dom";
import type { Notices } from "../widgets/notices";
import type { Send } from "../window/picture";
import type { PopupArea } from "../window/popup";
import { Screen } from "../window/screen";
import { View, type ViewActions } from "../window/view";
import { Arranger } from "./arrange";
import { Canvases } from "./canvases";
import { Drags } from "./drag";
import { Dragged } from "./dragged";
import { Focus } from "./focus";
import { Inputs, storage } from "./inputs";
import { Manager } from "./manage";
import { moveByKeys, type Change } from "./move-by-keys";
import { Popups } from "./popups";
import { SessionLayout } from "./session-layout";
import { shortcutOf, WRITTEN, type Shortcut } from "./shortcuts";
import { Visibility } from "./visibility";

export type { Waiting };

/**
 * How long the topmost window may take to its first picture until another one is the active one, in
 * milliseconds.
 */
const FIRST_PICTURE = 1_500;

export interface DeskOptions {
  sessions: Sessions;
  notices: Notices;
  /** Single-window mode: only windows of this app, or this track. */
  only: string | null;
  /** What is shown beside windows is out of date. */
  changed(): void;
  /** A shortcut was pressed in this document: the page's own, or that of a window that is popped out. */
  shortcut(shortcut: Shortcut, owner: Document): void;
  /** The first picture of a window came that opened while the page looked on. */
  opened(appId: string): void;
  /** The user has opened the menu of a window. */
  menu(view: View, at: { x: number; y: number }): void;
  /** Only a press of a button can put what an app has copied on this machine's clipboard. */
  copyable(session: Session, waiting: Waiting): void;
}

export class Desk {
  readonly element: HTMLElement;
  /** Does not move; as large as the work area. */
  readonly stage = make("div", { class: "stage" });
  readonly windows: Windows<View>;
  readonly icons = new AppIcons();
  readonly screen: Screen;
  readonly manager: Manager;
  readonly popOuts: PopOuts;
  readonly touch: Touch;
  readonly inputs: Inputs;
  private readonly send: Send;
  /** The sessions whose hosts have told all windows that there are. */
  private readonly told = new Set<SessionId>();
  private readonly layouts = new Map<SessionId, SessionLayout>();
  /** Holds all windows; phones zoom it. */
  private readonly layer = make("div", { class: "layer" });
  private readonly arranger: Arranger;
  private readonly drags: Drags;
  private readonly dragged = new Dragged(document.body);
  private readonly popups: Popups;
  private readonly canvases: Canvases;
  private readonly visibility: Visibility;
  private readonly focus: Focus;

  constructor(private readonly options: DeskOptions) {
    const send: Send = (command, transfer) => options.sessions.send(command, transfer);
    this.send = send;
    this.windows = new Windows(options.only);
    this.stage.append(this.layer);
    this.element = make("main", { class: "desk", label: texts.desk, children: [this.stage] });
    document.body.prepend(this.element);
    this.screen = new Screen(window, this.stage, () => this.rearrange());
    this.arranger = new Arranger(this.windows.tree, {
      alone: (view) => this.windows.fillsPage(view),
      views: () => this.windows.all(),
      screen: (view) => this.popOuts.screenOf(view) ?? this.screen,
    });
    this.drags = new Drags(this.layer, this.screen, this.arranger, {
      moved: (view) => this.moved(view),
      take: (taker) => this.inputs.gate.take(taker),
    });
    this.popOuts = this.makePopOuts();
    this.popups = new Popups(this.windows, {
      send,
      area: (view) => this.popupArea(view),
      listen: (track, toplevel, canvas) => this.canvases.listen(track, toplevel, canvas),
    });
    this.canvases = this.makeCanvases();
    this.visibility = new Visibility(this.windows, {
      compact: () => this.screen.compact,
      isHiddenOutside: (view) => this.popOuts.isHidden(view),
      tell: (track, visible) => send({ do: "visible", track, visible }),
    });
    this.focus = this.makeFocus();
    this.manager = this.makeManager();
    const { stage, layer, screen } = this;
    this.touch = new Touch({ stage, layer, screen, refocus: () => this.refocus() });
    this.inputs = new Inputs(this.stage, {
      send: (command: Command) => send(command),
      keeps: (event) => this.keeps(event),
      pressed: ({ toplevel }: Surface) => this.activate(toplevel),
      appId: (track) => this.windows.tree.get(track)?.app_id ?? "",
      copyable: options.copyable,
      active: () => sessionOf(this.windows.active ?? 0),
      ...this.touch.options,
    });
    this.touch.begin(this.inputs.main);
    this.listen();
  }

  private listen(): void {
    this.stage.addEventListener("contextmenu", (event) => event.preventDefault());
    this.stage.addEventListener("pointerdown", ({ target }) => {
      if (target === this.stage || target === this.layer) this.activate(null);
    });
    addEventListener("pagehide", () => this.popOuts.closeAll());
  }

  private makePopOuts(): PopOuts {
    const { options, send, layer } = this;
    return new PopOuts(this.windows, {
      ...{ send, layer },
      openInput: (parent) => void this.inputs.open(parent),
      closeInput: (owner) => this.inputs.close(owner),
      redrawn: (view) => this.moveInput(view),
      placeAnew: (view) => {
        view.normal = this.arranger.placeFor(view);
        this.arrange(view);
      },
      arrange: (view) => this.arrange(view),
      moved: (view) => this.moved(view),
      iconOf: ({ window }) => this.icons.of(window),
      activate: (track) => this.activate(track),
      say: (text) => options.notices.say(text),
      speak: (text) => options.notices.speak(text),
      settle: () => this.visibility.settle(),
      changed: options.changed,
    });
  }

  private makeCanvases(): Canvases {
    return new Canvases({
      attach: (surface) => this.inputs.of(surface.element.ownerDocument).attach(surface),
      size: (track) => this.windows.tree.get(track)?.size,
      canvases: (session) =>
        [...this.windows.all(), ...this.popups.all()]
          .filter(({ window }) => sessionOf(window.track) === session)
          .map(({ picture }) => picture.canvas),
    });
  }

  private makeFocus(): Focus {
    return new Focus(this.windows, {
      keyboard: (view) =>
        view === null ? this.inputs.main.focus(null) : this.inputOf(view).focus(view.track),
      point: (view) => this.manager.point(view),
      compact: () => this.screen.compact,
      minimised: (views) => this.minimised(views),
      settle: () => this.visibility.settle(),
      changed: this.options.changed,
    });
  }

  private makeManager(): Manager {
    return new Manager(this.windows, {
      whenHeld: (view, act) => this.layoutOf(view.track)?.seat.take(act),
      compact: () => this.screen.compact,
      arrange: (view) => {
        this.arrange(view);
        view.describe();
      },
      minimised: (views) => this.minimised(views),
      activate: (track) => this.activate(track),
      showPopOut: (view) => this.popOuts.show(view),
      fullscreen: (owner, element) => this.inputs.of(owner).fullscreen(element),
      speak: (text) => this.options.notices.speak(text),
      settle: () => this.visibility.settle(),
      changed: this.options.changed,
    });
  }

  /** What the buttons of a window do. */
  private actionsOf(track: TrackId): ViewActions {
    const act = (action: (view: View) => void) => () => {
      const view = this.windows.get(track);
      if (view !== undefined) action(view);
    };
    return {
      menu: (at) => act((view) => this.options.menu(view, at))(),
      popOut: act((view) => this.popOuts.open(view)),
      minimise: act((view) => this.manager.minimise(view)),
      maximise: act((view) => this.manager.toggle(view, "maximized")),
      close: act((view) => this.close(view)),
      press: () => this.activate(track),
      forceQuit: () => this.send({ do: "force-quit", track }),
      answerKeys: WRITTEN.answer,
      mayUse: () => this.layoutOf(track)?.seat.attainable ?? true,
      drag: ({ pointerId, clientX, clientY }, edge) => {
        this.layoutOf(track)?.seat.take();
        act((view) => this.drags.begin(view, edge, { pointer: pointerId, x: clientX, y: clientY }))();
      },
    };
  }

  /** Something happened at the engine. */
  handle(session: Session, event: Event): void {
    switch (event.on) {
      case "state":
        this.onState(session, event.state);
        break;
      case "window":
        this.onWindow(session, event.window);
        break;
      case "window-gone":
        this.onGone(event.track);
        break;
      case "picture":
        this.onPicture(event.track, event.size);
        break;
      case "translucent":
        this.onTranslucent(event.track);
        break;
      case "icon":
        if (this.icons.add(event.icon)) this.options.changed();
        break;
      case "cursor":
        this.canvases.show(session.id, cursorOf(event.cursor));
        break;
      case "bell":
        this.manager.ring(this.windows.tree.root(event.track));
        break;
      case "seat":
        this.layout(session).handleSeat(event.held);
        this.onTold(session);
        break;
      case "notice":
        session.notices.say(sentenceOf(event.notice));
        break;
      case "grabbed":
        this.onGrabbed(event);
        break;
      case "drag":
        this.dragged.show(event.drag);
        break;
      default:
    }
    this.inputs.handle(session, event);
  }

  private onState(session: Session, state: State): void {
    if (state.is !== "online") return;
    this.layout(session).begin(state.session, state.role === "control");
    this.told.delete(session.id);
    this.visibility.begin(session.id);
  }

  /** The host has told all windows that there are. */
  private onTold({ id }: Session): void {
    if (this.told.has(id)) return;
    this.told.add(id);
    // The topmost may never show anything.
    setTimeout(() => {
      const next = this.windows.active === null ? this.windows.successor() : null;
      if (next !== null) this.focus.activate(next, true);
    }, FIRST_PICTURE);
  }

  private layout(session: Session): SessionLayout {
    const known = this.layouts.get(session.id);
    if (known !== undefined) return known;
    const made = new SessionLayout(session, storage(), () => this.rearrange(session));
    this.layouts.set(session.id, made);
    return made;
  }

  /** The layout of a window's session. */
  private layoutOf(track: TrackId): SessionLayout | undefined {
    return this.layouts.get(sessionOf(track));
  }

  private onWindow(session: Session, window: Window): void {
    const before = this.windows.tree.get(window.track);
    this.windows.tree.set(window);
    if (window.kind === "popup") this.popups.show(window);
    else this.onToplevel(session, window, before);
    this.options.changed();
  }

  private onToplevel(session: Session, window: Window, before: Window | undefined): void {
    const { track } = window;
    const view = this.windows.get(track);
    if (view === undefined || before === undefined) {
      const made = new View(window, this.layout(session).wishes, this.actionsOf(track), this.send);
      made.wasThere = !this.told.has(session.id);
      this.windows.add(made);
      this.layer.append(made.group);
      this.canvases.attach(made);
      return;
    }
    view.window = window;
    if (view.group.hidden && !view.opened) return;
    if (view.home === "popped-out") this.popOuts.follow(view);
    else this.arranger.follow(view, before);
    if (window.states.minimized && !before.states.minimized) this.manager.minimise(view);
    view.describe();
    if (window.states.unresponsive && !before.states.unresponsive) this.tellUnresponsive(view);
    this.moved(view);
    if (window.stacking !== before.stacking || window.parent !== before.parent) this.focus.restack();
  }

  /** Screen readers hear of it: what is asked takes nobody's keyboard. */
  private tellUnresponsive({ window, title }: View): void {
    if (this.windows.inUse(window.track))
      this.options.notices.speak(fill(texts.window.unresponsiveSpoken, { title, keys: WRITTEN.answer }));
  }

  private onGone(track: TrackId): void {
    this.popups.remove(track);
    const view = this.windows.get(track);
    if (view !== undefined) this.popOuts.forget(view);
    const { heir } = this.windows.remove(track);
    this.layoutOf(track)?.forget(track);
    this.visibility.forget(track);
    if (view !== undefined) {
      this.canvases.forget(track);
      view.group.remove();
      if (!view.group.hidden) this.options.notices.speak(fill(texts.window.closed, { title: view.title }));
      if (heir !== undefined) this.activate(heir);
    }
    this.options.changed();
  }

  /** A picture came, or has another size: the first one opens its window. */
  private onPicture(track: TrackId, size: { w: number; h: number }): void {
    if (this.popups.picture(track, size)) return;
    const view = this.windows.get(track);
    if (view === undefined) return;
    view.pixels = size;
    if (!view.opened) this.open(view);
    else if (view.home === "popped-out") this.popOuts.light(view);
    else this.arranger.light(view);
    this.moved(view);
  }

  private onTranslucent(track: TrackId): void {
    const view = this.windows.get(track);
    if (view === undefined) return;
    view.becomeTranslucent(this.send);
    this.moveInput(view);
    if (view.opened && view.pixels !== null) this.onPicture(track, view.pixels);
  }

  private open(view: View): void {
    const known = this.layoutOf(view.track)?.places.of(view.track);
    this.popOuts.carry(view);
    this.arranger.open(view, known);
    view.minimised = known?.minimised ?? false;
    view.describe();
    this.focus.restack();
    this.options.opened(view.window.app_id);
    if (this.windows.excludes(view)) return;
    // New windows are on top; of those that were there before, the topmost gets the keyboard.
    // Pictures come in any order: of those that were there before, the topmost one is the active one, not the
    // first.
    const above = view.wasThere ? this.windows.isTopmost(view) : this.windows.opensOnTop(view);
    if (view.window.states.minimized) this.manager.minimise(view);
    else if (above && !this.drags.active && !view.minimised) this.focus.activate(view.track, true);
    this.options.notices.speak(fill(texts.window.opened, { title: view.title }));
    this.options.changed();
  }

  private onGrabbed({ track, grab }: Extract<Event, { on: "grabbed" }>): void {
    const view = this.windows.get(track);
    if (view === undefined) return;
    const grip = this.inputOf(view).handOver(track);
    if (grip === null || view.home === "popped-out") return;
    this.drags.begin(view, edgeOf(grab), { pointer: grip.pointerId, x: grip.x, y: grip.y });
  }

  /** Gives a window the keyboard and puts it on top; null: none. */
  activate(track: TrackId | null): void {
    this.focus.activate(track);
  }

  /** These windows are looked at in small, whatever else hides them. */
  watch(tracks: ReadonlySet<TrackId>): void {
    this.visibility.watch(tracks);
  }

  /** Gives the keyboard to the active window again, after a menu had it. */
  refocus(): void {
    this.focus.refocus();
  }

  /** Asks the app; it may refuse. */
  close({ track }: View): void {
    this.send({ do: "close", track });
  }

  /** The input of the document that shows a view. */
  inputOf(view: View): Input {
    return this.inputs.of(view.picture.canvas.ownerDocument);
  }

  /** Moves or resizes a window by arrow keys. */
  moveByKeys(view: View, change: Change): void {
    this.layoutOf(view.track)?.seat.take(() => this.beginMoveByKeys(view, change));
  }

  private beginMoveByKeys(view: View, change: Change): void {
    moveByKeys(view, change, {
      begin: ({ track }) => {
        this.activate(track);
        this.inputs.main.focus(null);
      },
      normalise: () => this.manager.set(view, "normal"),
      arrange: (view, resizing) => {
        this.arranger.apply(view, resizing);
        if (change === "move") view.normal = { ...view.at };
        this.moved(view);
      },
      end: () => {
        this.arrange(view);
        this.activate(view.track);
      },
      say: (text) => this.options.notices.say(text, "windows"),
      take: (taker) => this.inputs.gate.take(taker),
    });
  }

  /** Everything is laid out anew: the screen, its pixels or its kind has changed. */
  private rearrange(session?: Session): void {
    for (const view of this.windows.all()) {
      if (!view.opened || sessionOf(view.track) !== (session?.id ?? sessionOf(view.track))) continue;
      // Those that it carries are arranged with it.
      if (view.home === "popped-out") this.popOuts.arrange(view);
      else if (view.home === "desk") this.arrange(view);
      view.describe();
    }
    this.touch.layout();
    this.visibility.settle();
    this.options.changed();
  }

  /** Puts a view where its mode wants it. */
  private arrange(view: View): void {
    this.arranger.apply(view);
    this.moved(view);
  }

  private minimised(views: readonly View[]): void {
    for (const view of views) {
      view.describe();
      this.keepPlace(view);
    }
    this.visibility.settle();
  }

  /** A view moved or changed its size: its popups go with it. */
  private moved(view: View): void {
    this.popups.place(view);
    this.keepPlace(view);
    this.visibility.moved();
    if (view.track === this.windows.active) this.touch.layout();
  }

  /** Remembers where a window stands, once it rests. */
  private keepPlace(view: View): void {
    const { normal, size, mode, minimised, track, roomy } = view;
    const passing = this.drags.active || this.screen.compact || view.home !== "desk" || mode === "fullscreen";
    if (normal === null || passing) return;
    this.layoutOf(track)?.places.note(track, {
      ...{ normal, size, mode, minimised },
      ...(roomy !== null && { room: roomy }),
    });
  }

  /** Where popups of a view are drawn. */
  private popupArea(view: View): PopupArea {
    const out = this.popOuts.popupAreaOf(view);
    if (out !== null) return out;
    const bar = this.arranger.barHeight(view);
    const { at, factor } = view;
    const { area, viewport, dpr } = this.arranger.screen(view);
    const room = view.shownMode === "fullscreen" ? viewport : area;
    return {
      layer: view.group,
      origin: { x: 0, y: bar },
      bounds: { x: -at.x / factor, y: -at.y / factor, w: room.w / factor, h: room.h / factor },
      dpr,
    };
  }

  /** A view was drawn into another document, or into this one again: its input and popups follow. */
  private moveInput(view: View): void {
    this.canvases.attach(view);
    for (const window of this.windows.tree.popupsOf(view.track)) this.popups.show(window);
  }

  private keeps(event: KeyboardEvent): boolean {
    const shortcut = shortcutOf(event);
    if (shortcut === null) return false;
    // Where nothing is asked it is the app's.
    if (shortcut === "answer" && this.windows.activeWindow?.window.states.unresponsive !== true) return false;
    if (!event.repeat || shortcut === "next" || shortcut === "previous")
      this.options.shortcut(shortcut, event.view?.document ?? document);
    return true;
  }
}

/** What people are told of what was done to an app. */
function sentenceOf({ app, kind }: Notice): string {
  const { ended, noRoom, x11Ended, someApp } = texts.session;
  const sentence = { ended, "no-room": noRoom, "x11-ended": x11Ended }[kind];
  return fill(sentence, { app: app || someApp });
}
