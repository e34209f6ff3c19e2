/**
 * The elements of one toplevel: its frame, title bar and picture, and the layer of its popups. A view shows
 * what it is told; the desk decides.
 */

import { fill, texts } from "../../language";
import type { Point, Size, Window } from "../../protocol/types";
import { make, setAttribute, setLength } from "../widgets/dom";
import { EDGES, type Edge } from "../model/geometry";
import { resizable } from "../model/limits";
import { isTile, Toplevel } from "../model/toplevel";
import type { Wishes } from "../model/wishes";
import { Picture, type Send } from "./picture";
import { Unresponsive } from "./unresponsive";
import { Titlebar, titleHeight, type TitleActions } from "./titlebar";

export interface ViewActions extends TitleActions {
  /** A press on the title bar or an edge begins to move or resize the window. */
  drag(event: PointerEvent, edge: Edge | null): void;
  /** A press anywhere in the window. */
  press(): void;
  /** The user waits no longer for an app that does not answer. */
  forceQuit(): void;
  /** The shortcut that leads to what is asked then, as it is written. */
  answerKeys: string;
  /** Whether this viewer may use the session's apps. */
  mayUse(): boolean;
}

export class View extends Toplevel {
  /** The window and its popups, which its frame does not clip. */
  readonly group: HTMLElement;
  readonly frame: HTMLElement;
  readonly content: HTMLElement;
  readonly titlebar: Titlebar;
  /** What is asked while the app does not answer. */
  readonly question: Unresponsive;
  private readonly mayUse: () => boolean;
  picture: Picture;
  /** Whether its canvas shows what lies beneath translucent pixels. */
  private translucent: boolean;
  /** The address of the icon in its title bar. */
  iconShown: string | null | undefined = undefined;

  constructor(
    window: Window,
    /** What this page wants of the windows of its session. */
    readonly wishes: Wishes,
    actions: ViewActions,
    send: Send,
  ) {
    super(window);
    const { track } = window;
    this.titlebar = new Titlebar(actions);
    // An app that draws its own frame has shadows and round corners.
    this.translucent = window.states.client_decorated;
    this.picture = new Picture(document, track, this.translucent, send);
    this.question = new Unresponsive(actions.answerKeys, {
      forceQuit: actions.forceQuit,
      goOn: actions.press,
    });
    this.mayUse = actions.mayUse;
    const children = [this.picture.canvas, this.question.element];
    this.content = make("div", { class: "content", children });
    const edges = EDGES.map((edge) =>
      make("div", { class: `edge edge-${edge}`, data: { part: `resize-${edge}` } }),
    );
    this.frame = make("section", {
      class: "window",
      data: { track: String(track) },
      children: [this.titlebar.element, this.content, ...edges],
    });
    this.group = make("div", { class: "group", children: [this.frame] });
    this.group.hidden = true;
    this.frame.addEventListener("pointerdown", actions.press, { capture: true });
    // A press gives the app the keyboard, which what the browser does by itself would take away again.
    for (const element of [this.content, ...edges]) {
      element.addEventListener("mousedown", (event) => event.preventDefault());
    }
    edges.forEach((element, index) => {
      element.addEventListener("pointerdown", (event) => {
        if (event.button === 0) actions.drag(event, EDGES[index] ?? null);
      });
    });
    const bar = this.titlebar.element;
    bar.addEventListener("pointerdown", (event) => {
      if (event.button === 0 && !(event.target as Element).closest("button")) actions.drag(event, null);
    });
    bar.addEventListener("dblclick", (event) => {
      if (!(event.target as Element).closest("button") && resizable(this.window.limits)) actions.maximise();
    });
    this.describe();
  }

  /** No window is without a name. */
  private get name(): string {
    return this.window.title || this.window.app_id || texts.window.untitled;
  }

  /** What is shown as its title. */
  get title(): string {
    const { name: title } = this;
    return this.window.states.unresponsive ? fill(texts.window.unresponsive, { title }) : title;
  }

  /** Of the title bar that the desk draws, in CSS pixels. */
  barHeight(dpr: number, plain: boolean): number {
    const none = plain || this.shownMode === "fullscreen" || this.window.states.client_decorated;
    return none ? 0 : Math.round(titleHeight() * dpr) / dpr;
  }

  /** Puts words and attributes in line with the window's state. */
  describe(active = this.frame.dataset["active"] !== undefined): void {
    const { window, frame } = this;
    const { states } = window;
    frame.dataset["appId"] = window.app_id;
    setAttribute(frame, "aria-label", this.title);
    setAttribute(frame, "role", this.dialog ? "dialog" : "application");
    setAttribute(frame, "aria-modal", this.dialog && states.modal ? "true" : null);
    frame.classList.toggle("active", active);
    if (active) frame.dataset["active"] = "";
    else delete frame.dataset["active"];
    const mode = this.shownMode;
    const words = [
      active ? "active" : "",
      mode === "normal" ? "" : isTile(mode) ? `tiled-${mode}` : mode,
      this.minimised ? "minimized" : "",
      states.urgent ? "urgent" : "",
      states.client_decorated ? "client-decorated" : "",
      states.unresponsive ? "unresponsive" : "",
    ];
    frame.dataset["state"] = words.filter(Boolean).join(" ");
    frame.classList.toggle("bare", states.client_decorated);
    frame.classList.toggle("fills", this.fills);
    frame.classList.toggle("fixed", !resizable(window.limits));
    this.titlebar.name(this.title);
    this.question.show(states.unresponsive, this.name, this.mayUse());
    this.titlebar.show(this.fills, resizable(window.limits), this.dialog);
  }

  /** Puts the frame and its content where they belong. */
  lay(at: Point, bar: number, content: Size): void {
    this.at = at;
    this.shown = content;
    this.bar = bar;
    setLength(this.group, "left", at.x);
    setLength(this.group, "top", at.y);
    setLength(this.group, "--bar-height", bar);
    this.titlebar.element.hidden = bar === 0;
    setLength(this.content, "width", content.w);
    setLength(this.content, "height", content.h);
  }

  /** Shows the newest picture one to one, or as large as the content while another one is on its way. */
  lightUp(exact: boolean): void {
    if (this.pixels === null) return;
    this.frame.dataset["picture"] = `${this.pixels.w}x${this.pixels.h}`;
    if (exact) this.picture.exact(this.pixels, this.window);
    else this.picture.stretch(this.shown);
  }

  /** Puts a canvas that shows translucent pixels in the place of one that does not. */
  becomeTranslucent(send: Send): void {
    this.translucent = true;
    const place = this.picture.canvas.parentElement;
    place?.prepend(this.redraw(place.ownerDocument, send));
  }

  /** Makes a new canvas in a document: the old one cannot move, since the engine draws into it. */
  redraw(owner: Document, send: Send): HTMLCanvasElement {
    this.picture.canvas.remove();
    this.picture = new Picture(owner, this.track, this.translucent, send);
    return this.picture.canvas;
  }
}
