/**
 * Small screens that are touched: zoom and pan, the bar of keys above the soft keyboard, a cursor for the
 * trackpad mode.
 */

import { Keybar, LARGEST, Zoom, ZoomView, type Input, type InputOptions, type TouchMode } from "../../input";
import { texts } from "../../language";
import type { Size } from "../../protocol/types";
import { make, setLength } from "../widgets/dom";
import { FingersNear } from "./near";

export interface TouchHost {
  /** Does not move; as large as the work area. */
  stage: HTMLElement;
  /** Holds all windows; it is zoomed. */
  layer: HTMLElement;
  screen: { readonly compact: boolean; readonly area: Size };
  /** Gives the active window the keyboard. */
  refocus(): void;
}

/** What the input of the page itself needs for fingers. */
export type TouchOptions = Required<
  Pick<InputOptions, "zoom" | "keyboardChanged" | "caretMoved" | "drawCursor">
>;

export class Touch {
  private readonly zoom = new Zoom();
  private view: ZoomView | null = null;
  private readonly pointer = make("div", { class: "finger-pointer" });
  private readonly keys = make("div", { class: "keys", role: "region", label: texts.input.keybar.bar });
  private readonly room = make("div", { class: "room" });
  private keybar: Keybar | null = null;
  private input: Input | null = null;
  /** Whether windows can be zoomed, or only be moved from below the soft keyboard. */
  private zooms = false;
  private readonly fingers = new FingersNear(() => this.layout());

  constructor(private readonly host: TouchHost) {
    this.pointer.hidden = true;
    this.pointer.setAttribute("aria-hidden", "true");
    this.keys.hidden = true;
    document.body.append(this.keys, this.pointer);
  }

  get options(): TouchOptions {
    return {
      zoom: this.zoom,
      keyboardChanged: (shown) => this.keyboard(shown),
      caretMoved: () => this.view?.reveal(),
      drawCursor: (at) => {
        this.pointer.hidden = at === null;
        if (at === null) return;
        setLength(this.pointer, "left", at.x);
        setLength(this.pointer, "top", at.y);
      },
    };
  }

  /** Begins with the input of the page. */
  begin(input: Input): void {
    const { keybar: names } = texts.input;
    const { stage } = this.host;
    this.input = input;
    input.stage(stage);
    stage.prepend(this.room);
    this.keybar = new Keybar({ parent: this.keys, names, input });
    this.keybar.element.addEventListener("focusin", () => this.host.refocus());
    window.visualViewport?.addEventListener("resize", () => this.layout());
    window.visualViewport?.addEventListener("scroll", () => this.layout());
    this.layout();
  }

  get mode(): TouchMode {
    return this.input?.touchMode ?? "direct";
  }

  set mode(mode: TouchMode) {
    if (this.input !== null) this.input.touchMode = mode;
    this.pointer.hidden = true;
  }

  /** Whether fingers use the page. */
  get near(): boolean {
    return this.fingers.near;
  }

  toggleKeyboard(): void {
    this.host.refocus();
    this.input?.toggleKeyboard();
  }

  /** The window, the screen or the soft keyboard changed its size. */
  layout(): void {
    const { input } = this;
    if (input === null) return;
    const { compact } = this.host.screen;
    // On large screens nothing is zoomed, but what the soft keyboard covers is moved into view.
    const wanted = compact || input.keyboardShown;
    if (this.view !== null && (!wanted || this.zooms !== compact)) {
      this.view.dispose();
      this.view = null;
    }
    this.zooms = compact;
    this.zoom.largest = compact ? LARGEST : 1;
    if (wanted) this.view ??= this.zoomView(input);
    this.lift();
    this.view?.layout();
  }

  private zoomView(input: Input): ZoomView {
    const { layer, screen } = this.host;
    return new ZoomView({
      zoom: this.zoom,
      stage: this.room,
      content: layer,
      size: () => screen.area,
      caret: () => (input.keyboardShown ? input.caret() : null),
    });
  }

  private keyboard(shown: boolean): void {
    this.keys.hidden = !shown;
    document.documentElement.classList.toggle("keys-shown", shown);
    this.layout();
  }

  /**
   * The soft keyboard lies over the page: the bar of keys stands on it, and what is seen of windows above
   * that.
   */
  private lift(): void {
    const viewport = window.visualViewport;
    const covered = viewport === null ? 0 : innerHeight - viewport.height - viewport.offsetTop;
    setLength(document.documentElement, "--covered", Math.max(0, Math.round(covered)));
    const { top, bottom } = this.host.stage.getBoundingClientRect();
    const keys = this.keys.hidden ? bottom : this.keys.getBoundingClientRect().top;
    setLength(this.room, "bottom", Math.max(0, bottom - Math.max(keys, top + 1)));
  }
}
