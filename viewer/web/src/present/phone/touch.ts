/** Small screens that are touched: zoom and pan, the bar of keys above the soft keyboard, a cursor for the trackpad mode. */

import { Keybar, Zoom, ZoomView, type TouchMode } from "../../input";
import { texts } from "../../language";
import type { Desk } from "../desk/desk";
import { make, setLength } from "../widgets/dom";
import type { InputsOptions } from "../desk/inputs";

export class Touch {
  private readonly zoom = new Zoom();
  private view: ZoomView | null = null;
  private readonly pointer = make("div", { class: "finger-pointer" });
  private readonly keys = make("div", { class: "keys" });
  private readonly room = make("div", { class: "room" });
  private keybar: Keybar | null = null;

  constructor(private readonly desk: Desk) {
    this.pointer.hidden = true;
    this.pointer.setAttribute("aria-hidden", "true");
    this.keys.hidden = true;
    document.body.append(this.keys, this.pointer);
  }

  /** What the page's own input needs for fingers. */
  get options(): Pick<InputsOptions, "zoom" | "keyboardChanged" | "caretMoved" | "drawCursor"> {
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

  /** Call once the input is there. */
  begin(): void {
    const { keybar: names } = texts.input;
    const { stage, inputs } = this.desk;
    inputs.main.stage(stage);
    stage.prepend(this.room);
    this.keybar = new Keybar({ parent: this.keys, names, input: inputs.main });
    this.keybar.element.addEventListener("focusin", () => this.desk.refocus());
    window.visualViewport?.addEventListener("resize", () => this.layout());
    window.visualViewport?.addEventListener("scroll", () => this.layout());
    this.layout();
  }

  get mode(): TouchMode {
    return this.desk.inputs.main.touchMode;
  }

  set mode(mode: TouchMode) {
    this.desk.inputs.main.touchMode = mode;
    this.pointer.hidden = true;
  }

  toggleKeyboard(): void {
    this.desk.refocus();
    this.desk.inputs.main.toggleKeyboard();
  }

  /** The window, the screen or the soft keyboard changed its size. */
  layout(): void {
    if (this.keybar === null) return;
    const { compact } = this.desk.screen;
    if (compact && this.view === null) this.view = this.zoomView();
    else if (!compact) {
      this.view?.dispose();
      this.view = null;
    }
    this.lift();
    this.view?.layout();
  }

  private zoomView(): ZoomView {
    const { layer, screen, inputs } = this.desk;
    return new ZoomView({
      zoom: this.zoom,
      stage: this.room,
      content: layer,
      size: () => screen.area,
      caret: () => (inputs.main.keyboardShown ? inputs.main.caret() : null),
    });
  }

  private keyboard(shown: boolean): void {
    this.keys.hidden = !shown;
    document.documentElement.classList.toggle("keys-shown", shown);
    this.layout();
  }

  /** The soft keyboard lies over the page: the bar of keys stands on it, and what is seen of windows above that. */
  private lift(): void {
    const viewport = window.visualViewport;
    const covered = viewport === null ? 0 : innerHeight - viewport.height - viewport.offsetTop;
    setLength(document.documentElement, "--covered", Math.max(0, Math.round(covered)));
    const { top, bottom } = this.desk.stage.getBoundingClientRect();
    const keys = this.keys.hidden ? bottom : this.keys.getBoundingClientRect().top;
    setLength(this.room, "bottom", Math.max(0, bottom - Math.max(keys, top + 1)));
  }
}
