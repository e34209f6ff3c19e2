/**
 * Everything a user does in one document, on its way to the apps. It owns the field that has the keyboard,
 * and listens on the surfaces it is given. See `index.ts` for how the page uses it.
 *
 * The keyboard is the app's while that field has the DOM's focus, and the page's otherwise. Whoever loses it
 * has let go of everything.
 */

import type { ClipboardInput } from "../clipboard";
import type { Command, Event as EngineEvent } from "../link/vocabulary";
import type { InputEvent, Rect, TrackId } from "../protocol/types";
import type { Gate } from "./keyboard/gate";
import type { Combo } from "./keyboard/combos";
import { evdev } from "./keyboard/codes";
import { FingersOnPage } from "./touch/fingers";
import { fullscreen } from "./fullscreen";
import type { TouchMode } from "./touch/gesture";
import { Keyboard } from "./keyboard/keyboard";
import { Keys } from "./keyboard/keys";
import type { Layout } from "./keyboard/layout";
import { PointerLock } from "./pointer/pointer-lock";
import type { Platform } from "./keyboard/platform";
import { Pointer, type HandedOver } from "./pointer/pointer";
import { Surfaces, type Point, type Surface } from "./pointer/surface";
import { Writing } from "./text/writing";
import type { Zoom } from "./touch/zoom";

/** Which document's field has the keyboard. All documents that show windows of one page share it. */
export class KeyboardHolder {
  input: Input | null = null;
}

export interface InputOptions {
  document: Document;
  /** Holds the text field: positioned, spans the windows, not hidden. */
  parent: HTMLElement;
  send(command: Command): void;
  holder: KeyboardHolder;
  layout: Layout;
  clipboard: ClipboardInput;
  platform: Platform;
  /** The text field's name for screen readers. */
  label: string;
  /** By which keys come. All documents of one page share it. */
  gate: Gate;
  /** Mouse, pen or finger came down on a surface. */
  pressed(surface: Surface): void;
  /** The id of the app that a window belongs to: terminals paste by other keys. */
  appId?(toplevel: TrackId): string;
  zoom?: Zoom;
  drawCursor?(at: Point | null): void;
  /** The soft keyboard was opened or closed, also by the user. */
  keyboardChanged?(shown: boolean): void;
  /** The app's caret moved, or it takes no text any more. */
  caretMoved?(): void;
}

export class Input {
  readonly surfaces = new Surfaces();
  readonly keyboard: Keyboard;
  private readonly writing: Writing;
  private readonly keys: Keys;
  private readonly pointer: Pointer;
  private readonly lock: PointerLock;
  private readonly fingers: FingersOnPage;
  private readonly ended = new AbortController();
  /** Whether there is no link, as far as was heard here. */
  private offline = false;
  /** The window that is to have the keyboard. */
  private wanted: TrackId | null = null;
  /** When what is handled at the moment happened. */
  private at = 0;

  constructor(private readonly options: InputOptions) {
    const { document, parent, layout, platform, label, clipboard } = options;
    const { signal } = this.ended;
    const { surfaces } = this;
    this.keyboard = new Keyboard({ emit: (event) => this.toFocus(event), layout, platform });
    this.writing = new Writing({
      ...{ document, parent, label, surfaces, keyboard: this.keyboard },
      happens: () => this.happens(),
      emit: (event) => this.toFocus(event),
      window: () => this.wanted,
      writes: () => options.gate.writes,
      keyboardChanged: (shown) => options.keyboardChanged?.(shown),
    });
    this.keys = new Keys({
      ...{ keyboard: this.keyboard, clipboard, platform, gate: options.gate },
      happens: (at) => this.happens(at),
      letGo: () => this.letGo(),
      // The app's caret has moved: what was typed before is no context any more.
      taken: () => this.writing.field.empty(),
      app: () => (this.wanted === null ? null : (options.appId?.(this.wanted) ?? "")),
    });
    const emit = (track: TrackId, event: InputEvent, at: number) => this.emit(track, event, at);
    const after = () => this.keyboard.sticky.after();
    const pressed = (surface: Surface) => this.pressed(surface);
    const host = { surfaces, emit, pressed, before: () => this.before(), after };
    this.lock = new PointerLock(document, host, signal);
    this.pointer = new Pointer({
      ...host,
      holdsControl: () => this.keyboard.holds("ControlLeft") || this.keyboard.holds("ControlRight"),
      control: (pressed) => this.toFocus({ Key: { key: evdev("ControlLeft") ?? 0, pressed } }),
      locked: () => this.lock.track,
    });
    const drawCursor = (at: Point | null) => options.drawCursor?.(at);
    this.fingers = new FingersOnPage({ ...host, document, zoom: options.zoom ?? null, drawCursor }, signal);
    this.listen(signal);
  }

  /** Listens on a track's element; answers how to end that. */
  attach(surface: Surface): () => void {
    const ended = new AbortController();
    this.surfaces.add(surface);
    this.pointer.listen(surface, ended.signal);
    this.fingers.listen(surface.element, ended.signal);
    if (this.writing.caret.box !== null) this.writing.settle();
    return () => {
      ended.abort();
      this.surfaces.remove(surface);
    };
  }

  /** All of this element is for fingers: a trackpad's surface, and what is beside the windows. */
  stage(element: HTMLElement): () => void {
    const ended = new AbortController();
    this.fingers.listen(element, ended.signal, true);
    return () => ended.abort();
  }

  /** Gives a window the keyboard, or takes it away. */
  focus(toplevel: TrackId | null): void {
    const { field } = this.writing;
    const changes = this.wanted !== toplevel;
    // What is being composed is the present window's: it ends before another has the keyboard.
    if (toplevel === null || (changes && field.composing)) field.element.blur();
    if (toplevel === null) {
      this.wanted = null;
      return;
    }
    if (changes) this.letGo();
    this.wanted = toplevel;
    if (!field.focused) field.focus();
    // Another document's field may have taken the keyboard without this one having lost the DOM's focus.
    else if (changes || this.options.holder.input !== this) this.take();
    this.writing.settle();
  }

  /** The window that has the keyboard. */
  get focused(): TrackId | null {
    return this.options.holder.input === this ? this.wanted : null;
  }

  get touchMode(): TouchMode {
    return this.fingers.mode;
  }

  set touchMode(mode: TouchMode) {
    this.fingers.mode = mode;
  }

  /** Opens the soft keyboard; only in a click. */
  showKeyboard(): void {
    this.writing.soft.show(true);
  }

  hideKeyboard(): void {
    this.writing.soft.show(false);
  }

  toggleKeyboard(): void {
    this.writing.soft.show(!this.writing.soft.shown);
  }

  get keyboardShown(): boolean {
    return this.writing.soft.shown;
  }

  /** Keys that the browser would keep. */
  combo({ keys }: Combo): void {
    this.keys.chord(keys);
  }

  /** Pastes into the app what this machine's clipboard holds, if the user lets us read it; in a click. */
  paste(): Promise<void> {
    return this.keys.paste();
  }

  /**
   * The user's desk takes over a drag that an app began: the press is the page's from now on, also its
   * release. Answers where it is; null if nothing is pressed any more.
   */
  handOver(track: TrackId): HandedOver | null {
    return this.pointer.handOver(track) ?? this.fingers.handOver(track);
  }

  /** Fills the screen with an element, and takes all keys there where the browser lets us; or leaves it. */
  fullscreen(element: Element | null): Promise<void> {
    return fullscreen(this.options.document, element);
  }

  /** The app's caret in the viewport, and null where the app tells of none. */
  caret(): Rect | null {
    return this.writing.caret.box;
  }

  /** Something happened at the engine. */
  handle(event: EngineEvent): void {
    switch (event.on) {
      case "state":
        this.linked(event.state.is === "online");
        return;
      case "text-input":
        this.writing.caret.tell(event.track, event.input);
        this.writing.settle();
        this.options.caretMoved?.();
        return;
      case "pointer-lock":
        this.lock.want(event.track);
        return;
      case "drag":
        this.pointer.dragging = this.fingers.dragging = event.drag !== null;
        return;
      case "window-gone":
        this.writing.caret.forget(event.track);
        if (this.wanted === event.track) this.wanted = null;
    }
  }

  dispose(): void {
    this.letGo();
    this.ended.abort();
    this.writing.field.remove();
    if (this.options.holder.input === this) this.options.holder.input = null;
  }

  private listen(signal: AbortSignal): void {
    const { document } = this.options;
    const { element } = this.writing.field;
    this.keys.listen(element, signal);
    element.addEventListener("focus", () => this.take(), { signal });
    element.addEventListener("blur", () => this.lose(), { signal });
    const window = document.defaultView;
    for (const type of ["pagehide", "blur"]) window?.addEventListener(type, () => this.letGo(), { signal });
    document.addEventListener("visibilitychange", () => document.hidden && this.letGo(), { signal });
    const outside = (event: Event) => {
      const hit = this.surfaces.shownBy(event.target) !== undefined;
      if (!hit && this.surfaces.hasPopups()) this.options.send({ do: "dismiss-popups" });
    };
    document.addEventListener("pointerdown", outside, { signal, capture: true });
    this.writing.soft.watch(window, signal);
  }

  /** The field got the DOM's focus. */
  private take(): void {
    this.options.holder.input = this;
    this.options.send({ do: "focus", track: this.wanted });
  }

  /** It has lost it, perhaps only for a moment. */
  private lose(): void {
    this.letGo();
    setTimeout(() => {
      if (this.options.holder.input !== this || this.writing.field.focused) return;
      this.options.holder.input = null;
      this.options.send({ do: "focus", track: null });
    });
  }

  /**
   * There is a link, or none. What is typed without one waits at the engine: it is let go of once, not with
   * every attempt.
   */
  private linked(online: boolean): void {
    if (online) this.options.layout.announce();
    else if (!this.offline) this.letGo();
    this.offline = !online;
  }

  /** Lets go of everything that is held down. */
  private letGo(): void {
    this.forget();
    this.options.send({ do: "release-all" });
  }

  private forget(): void {
    this.options.gate.letGo();
    this.keys.clear();
    this.keyboard.clear();
    this.pointer.clear();
    this.fingers.clear();
  }

  private pressed(surface: Surface): void {
    this.lock.pressed(surface);
    this.writing.field.empty();
    this.options.pressed(surface);
  }

  private before(): void {
    this.lock.flush();
    this.keyboard.flush();
    this.keyboard.sticky.before();
  }

  /** What follows happened at this time; without one, now. */
  private happens(at = this.options.document.defaultView?.performance.now() ?? 0): void {
    this.at = at;
  }

  private toFocus(event: InputEvent): void {
    if (this.wanted !== null) this.emit(this.wanted, event, this.at);
  }

  private emit(track: TrackId, event: InputEvent, at: number): void {
    const origin = this.options.document.defaultView?.performance.timeOrigin ?? 0;
    this.options.send({ do: "input", at: origin + at, track, event });
  }
}
