/**
 * A remote window in a browser window of its own. The new document is empty and of our origin, so it is built
 * by calls from here, under the page's own policy; nothing of it runs by itself.
 */

import { texts } from "../../language";
import { make, setAttribute, setLength } from "../widgets/dom";
import { drawSymbol } from "../widgets/symbols";
import type { PopupArea } from "../window/popup";
import { fitting, scaleOf, shownSize } from "../model/scale";
import { Screen } from "../window/screen";
import type { Send } from "../window/picture";
import type { View } from "../window/view";

export interface PopOutEvents {
  /** Its room changed: lay out and ask for a new size. */
  changed(): void;
  /** The user has turned to it. */
  focused(): void;
  /** Somebody else's turn, or hidden, or shown again. */
  visibility(): void;
  /** It was closed. */
  closed(): void;
}

export class PopOut {
  readonly document: Document;
  /** Holds the picture and the popups. */
  readonly layer: HTMLElement;
  private readonly frame: HTMLElement;
  private readonly banner: HTMLElement;
  readonly screen: Screen;
  private readonly end = new AbortController();
  private readonly watch: number;

  /** Opens a window; null if the browser lets none be opened. Must be called within a user's gesture. */
  static open(view: View, send: Send, events: PopOutEvents): PopOut | null {
    const { w, h } = view.shown;
    const at = { x: screenX + view.at.x, y: screenY + view.at.y + (outerHeight - innerHeight) };
    const place = `left=${Math.round(at.x)},top=${Math.round(at.y)}`;
    const win = open("", "", `popup,width=${Math.round(w)},height=${Math.round(h)},${place}`);
    return win === null ? null : new PopOut(win as Window & typeof globalThis, view, send, events);
  }

  private constructor(
    readonly win: Window & typeof globalThis,
    private readonly view: View,
    send: Send,
    events: PopOutEvents,
  ) {
    const owner = (this.document = win.document);
    dress(owner);
    const canvas = view.redraw(owner, send);
    this.frame = make("section", {
      class: "window popped-out-window",
      role: "application",
      data: { track: String(view.track) },
      children: [
        make("div", { class: "content", children: [canvas, view.question.element], document: owner }),
      ],
      document: owner,
    });
    this.layer = make("main", { class: "popped-out-layer", children: [this.frame], document: owner });
    this.banner = make("div", { class: "banners", role: "status", document: owner });
    owner.body.append(this.layer, this.banner);
    this.screen = new Screen(win, this.layer, events.changed);
    this.describe(null);
    this.listen(events);
    this.watch = window.setInterval(() => win.closed && events.closed(), 500);
  }

  private listen(events: PopOutEvents): void {
    const { signal } = this.end;
    this.win.addEventListener("pagehide", events.closed, { signal });
    this.win.addEventListener("focus", events.focused, { signal });
    this.document.addEventListener("visibilitychange", events.visibility, { signal });
    // A press beside the picture would take the keyboard away from the app: it stays with it.
    for (const type of ["contextmenu", "mousedown"]) {
      this.document.addEventListener(type, (event) => event.preventDefault(), { signal });
    }
  }

  get hidden(): boolean {
    return this.document.visibilityState === "hidden";
  }

  /** Puts title, favicon and attributes in line with the view. */
  describe(icon: string | null): void {
    const { view, document: owner, frame } = this;
    owner.title = view.title;
    frame.dataset["appId"] = view.window.app_id;
    frame.dataset["state"] = view.frame.dataset["state"] ?? "";
    setAttribute(frame, "aria-label", view.title);
    const known = owner.querySelector<HTMLLinkElement>("link[rel=icon]");
    if (icon === null || known?.href === icon) return;
    known?.remove();
    owner.head.append(make("link", { attributes: { rel: "icon", href: icon }, document: owner }));
  }

  /** Shows these words, and that the picture is old; or neither. */
  tellLost(lost: string | null): void {
    const { document: owner } = this;
    owner.documentElement.classList.toggle("offline", lost !== null);
    this.banner.replaceChildren();
    if (lost === null) return;
    const words = make("span", { text: lost, document: owner });
    const notice = { class: "banner banner-connection", data: { notice: "connection" }, document: owner };
    this.banner.append(make("div", { ...notice, children: [drawSymbol("offline", owner), words] }));
  }

  /** Fills the browser window, and asks the app to. */
  arrange(): void {
    const { area, dpr } = this.screen;
    const { view } = this;
    const size = { w: fitting(area.w, dpr), h: fitting(area.h, dpr) };
    view.shown = { ...area };
    view.wishes.want(view.window, { size, scale: scaleOf(dpr), maximized: true, fullscreen: false });
    this.light();
  }

  /** Shows the newest picture. An app that cannot be as small is shown smaller. */
  light(): void {
    const { view } = this;
    const settled = view.wishes.mayFollow(view.window);
    view.lightUp(settled);
    if (view.pixels !== null) this.frame.dataset["picture"] = `${view.pixels.w}x${view.pixels.h}`;
    const { area, dpr } = this.screen;
    const own = shownSize(view.window.size, dpr);
    const factor = settled ? Math.min(1, area.w / own.w, area.h / own.h) : 1;
    this.frame.style.transform = factor > 0.99 ? "" : `scale(${factor})`;
    setLength(this.frame, "width", settled ? own.w : area.w);
    setLength(this.frame, "height", settled ? own.h : area.h);
  }

  popupArea(): PopupArea {
    return {
      layer: this.layer,
      origin: { x: 0, y: 0 },
      bounds: { x: 0, y: 0, ...this.screen.area },
      dpr: this.screen.dpr,
    };
  }

  dispose(): void {
    clearInterval(this.watch);
    this.end.abort();
    this.screen.dispose();
    this.win.close();
  }
}

/** Gives an empty document the page's language and looks. */
function dress(owner: Document): void {
  const ours = document.documentElement;
  owner.documentElement.lang = ours.lang;
  owner.documentElement.dataset["theme"] = ours.dataset["theme"] ?? "light";
  owner.documentElement.className = "popped-out";
  owner.head.append(
    make("meta", {
      attributes: { name: "viewport", content: "width=device-width, initial-scale=1" },
      document: owner,
    }),
    make("meta", { attributes: { name: "color-scheme", content: "light dark" }, document: owner }),
  );
  owner.adoptedStyleSheets = [...document.styleSheets].map((sheet) => copied(sheet, owner));
  owner.title = texts.name;
}

/**
 * A copy of a style sheet for another document: at once, where a link to it would show bare elements for a
 * moment.
 */
function copied(sheet: CSSStyleSheet, owner: Document): CSSStyleSheet {
  const { CSSStyleSheet } = owner.defaultView as Window & typeof globalThis;
  const copy = new CSSStyleSheet();
  copy.replaceSync([...sheet.cssRules].map((rule) => rule.cssText).join("\n"));
  return copy;
}
