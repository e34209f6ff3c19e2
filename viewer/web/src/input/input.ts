/**
 * Everything a user does in one document, on its way to the apps. It owns the field that has the keyboard, and listens on the
 * surfaces it is given. See `index.ts` for how the page uses it.
 *
 * The keyboard is the app's while that field has the DOM's focus, and the page's otherwise. Whoever loses it has let go of everything.
 */

import type { Clipboard } from "../clipboard";
import type { Command, Event as EngineEvent } from "../link/vocabulary";
import type { InputEvent, Rect, TextInput, TrackId } from "../protocol/types";
import type { Combo } from "./combos";
import { inBytes, type Showing } from "./compose";
import { evdev } from "./codes";
import { FingersOnPage } from "./fingers";
import type { TouchMode } from "./gesture";
import { Keyboard, keyInfo, type KeyInfo } from "./keyboard";
import type { Layout } from "./layout";
import { PointerLock } from "./lock";
import { isCopy, isPaste, Pasting, pasteKeys } from "./pasting";
import type { Platform } from "./platform";
import { Pointer, type HandedOver } from "./pointer";
import { onPage, Surfaces, type Point, type Surface } from "./surface";
import { TextField } from "./text";
import type { Zoom } from "./zoom";

export interface InputOptions {
  document: Document;
  /** Holds the text field: positioned, spans the windows, not hidden. */
  parent: HTMLElement;
  send(command: Command): void;
  layout: Layout;
  clipboard: Clipboard;
  platform: Platform;
  /** The text field's name for screen readers. */
  label: string;
  /** Whether the page keeps a key to itself; it acts on it there. */
  keeps(event: KeyboardEvent): boolean;
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
  private readonly field: TextField;
  private readonly pointer: Pointer;
  private readonly lock: PointerLock;
  private readonly fingers: FingersOnPage;
  private readonly pasting: Pasting;
  private readonly ended = new AbortController();
  /** The window that is to have the keyboard. */
  private wanted: TrackId | null = null;
  /** Where apps take text. */
  private readonly texts = new Map<TrackId, TextInput>();
  /** When what is handled at the moment happened. */
  private at = 0;
  /** Whose the keyboard is, of all documents. */
  private static holder: Input | null = null;

  constructor(private readonly options: InputOptions) {
    const { document, parent, layout, platform, label } = options;
    const { signal } = this.ended;
    const { surfaces } = this;
    this.keyboard = new Keyboard({ emit: (event) => this.toFocus(event), layout, platform });
    this.field = new TextField({ document, parent, label, host: this.composing() });
    const emit = (track: TrackId, event: InputEvent, at: number) => this.emit(track, event, at);
    const pressed = (surface: Surface) => this.pressed(surface);
    const before = () => this.before();
    const after = () => this.keyboard.sticky.after();
    this.lock = new PointerLock(document, { surfaces, emit }, signal);
    this.pointer = new Pointer({
      ...{ surfaces, emit, pressed, before, after },
      holdsControl: () => this.keyboard.holds("ControlLeft") || this.keyboard.holds("ControlRight"),
      control: (pressed) => this.toFocus({ Key: { key: evdev("ControlLeft") ?? 0, pressed } }),
      locked: () => this.lock.track,
    });
    const zoom = options.zoom ?? null;
    const drawCursor = (at: Point | null) => options.drawCursor?.(at);
    this.fingers = new FingersOnPage(
      { surfaces, document, zoom, emit, pressed, before, after, drawCursor },
      signal,
    );
    this.pasting = new Pasting((info) => this.keyboard.press(info));
    this.listen();
  }

  /** Listens on a track's element; answers how to end that. */
  attach(surface: Surface): () => void {
    const ended = new AbortController();
    this.surfaces.add(surface);
    this.pointer.listen(surface, ended.signal);
    this.fingers.listen(surface.element, ended.signal);
    if (this.texts.has(surface.track)) this.place();
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
    if (toplevel === null) {
      this.wanted = null;
      this.field.element.blur();
      return;
    }
    const changes = this.wanted !== toplevel;
    if (changes) this.letGo();
    this.wanted = toplevel;
    if (!this.field.focused) this.field.focus();
    // Another document's field may have taken the keyboard without this one having lost the DOM's focus.
    else if (changes || Input.holder !== this) this.take();
    this.place();
  }

  /** The window that has the keyboard. */
  get focused(): TrackId | null {
    return Input.holder === this ? this.wanted : null;
  }

  get touchMode(): TouchMode {
    return this.fingers.mode;
  }

  set touchMode(mode: TouchMode) {
    this.fingers.mode = mode;
  }

  /** Opens the soft keyboard; only in a click. */
  showKeyboard(): void {
    this.soft(true);
  }

  hideKeyboard(): void {
    this.soft(false);
  }

  toggleKeyboard(): void {
    this.soft(!this.field.soft);
  }

  get keyboardShown(): boolean {
    return this.field.soft;
  }

  /** Keys that the browser would keep. */
  combo({ keys }: Combo): void {
    this.now();
    this.keyboard.chord(keys);
  }

  /** Pastes into the app what this machine's clipboard holds, if the user lets us read it; in a click. */
  async paste(): Promise<void> {
    if (await this.options.clipboard.read()) this.typePaste();
  }

  /**
   * The user's desk takes over a drag that an app began: the press is the page's from now on, also its release. Answers where
   * it is; null if nothing is pressed any more.
   */
  handOver(track: TrackId): HandedOver | null {
    return this.pointer.handOver(track) ?? this.fingers.handOver(track);
  }

  /** Fills the screen with an element, and takes all keys there where the browser lets us; or leaves it. */
  async fullscreen(element: Element | null): Promise<void> {
    const { document } = this.options;
    const keyboard = (document.defaultView?.navigator as { keyboard?: KeyboardLocks } | undefined)?.keyboard;
    try {
      if (element === null) {
        keyboard?.unlock?.();
        await document.exitFullscreen();
        return;
      }
      await element.requestFullscreen({ navigationUI: "hide" });
      await keyboard?.lock?.();
    } catch {
      // Not allowed here, as on phones: then it stays as it is.
    }
  }

  /** The app's caret in the viewport, and null where the app tells of none. */
  caret(): Rect | null {
    for (const [track, { caret }] of this.texts) {
      const surface = this.surfaces.of(track);
      if (surface === undefined) continue;
      const from = onPage(surface, caret);
      const to = onPage(surface, { x: caret.x + caret.w, y: caret.y + caret.h });
      return { ...from, w: to.x - from.x, h: to.y - from.y };
    }
    return null;
  }

  /** Something happened at the engine. */
  handle(event: EngineEvent): void {
    switch (event.on) {
      case "state":
        if (event.state.is === "online") this.options.layout.announce();
        else this.forget();
        return;
      case "text-input":
        if (event.input === null) this.texts.delete(event.track);
        else this.texts.set(event.track, event.input);
        this.place();
        this.options.caretMoved?.();
        return;
      case "pointer-lock":
        this.lock.want(event.track);
        return;
      case "window-gone":
        this.texts.delete(event.track);
        if (this.wanted === event.track) this.wanted = null;
    }
  }

  dispose(): void {
    this.letGo();
    this.ended.abort();
    this.field.remove();
    if (Input.holder === this) Input.holder = null;
  }

  private listen(): void {
    const { document, clipboard } = this.options;
    const { signal } = this.ended;
    const { element } = this.field;
    element.addEventListener("keydown", (event) => this.keydown(event), { signal });
    element.addEventListener("keyup", (event) => this.keyup(event), { signal });
    element.addEventListener("paste", (event) => this.pasted(event), { signal });
    element.addEventListener("focus", () => this.take(), { signal });
    element.addEventListener("blur", () => this.lose(), { signal });
    const window = document.defaultView;
    for (const type of ["pagehide", "blur"]) window?.addEventListener(type, () => this.letGo(), { signal });
    window?.addEventListener("focus", () => void clipboard.focus(), { signal });
    document.addEventListener("visibilitychange", () => document.hidden && this.letGo(), { signal });
    const outside = (event: Event) => {
      const hit = this.surfaces.shownBy(event.target) !== undefined;
      if (!hit && this.surfaces.hasPopups()) this.options.send({ do: "dismiss-popups" });
    };
    document.addEventListener("pointerdown", outside, { signal, capture: true });
    // A release of fingers is a gesture for browsers, their touch is not yet.
    document.addEventListener("pointerup", () => clipboard.gesture(false), { signal, capture: true });
    const key = (event: KeyboardEvent) => clipboard.gesture(isCopy(keyInfo(event), this.options.platform));
    document.addEventListener("keydown", key, { signal, capture: true });
    this.watchSoftKeyboard(signal);
  }

  private keydown(event: KeyboardEvent): void {
    this.at = event.timeStamp;
    const info = keyInfo(event);
    if (!info.composing && this.options.keeps(event)) {
      this.letGo();
      return;
    }
    if (this.pasting.waits) {
      event.preventDefault();
      this.pasting.then(() => this.press(info));
      return;
    }
    if (isPaste(info, this.options.platform) && !info.repeat) {
      // Not prevented: the browser tells what is pasted, and then the key goes.
      this.pasting.begin(info);
      return;
    }
    if (this.press(info)) event.preventDefault();
  }

  private press(info: KeyInfo): boolean {
    const taken = this.keyboard.press(info);
    // The app's caret has moved: what was typed before is no context any more.
    if (taken) this.field.empty();
    return taken;
  }

  private keyup(event: KeyboardEvent): void {
    this.at = event.timeStamp;
    const info = keyInfo(event);
    if (this.pasting.waits) this.pasting.then(() => this.keyboard.release(info));
    else if (this.keyboard.release(info)) event.preventDefault();
  }

  private pasted(event: ClipboardEvent): void {
    event.preventDefault();
    const taken = this.options.clipboard.take(event.clipboardData);
    if (this.pasting.waits) this.pasting.end();
    // By a menu of the browser or of a soft keyboard.
    else if (taken) this.typePaste();
  }

  private typePaste(): void {
    if (this.wanted === null) return;
    this.now();
    this.keyboard.chord(pasteKeys(this.options.appId?.(this.wanted) ?? ""));
  }

  /** The field got the DOM's focus. */
  private take(): void {
    Input.holder = this;
    this.options.send({ do: "focus", track: this.wanted });
  }

  /** It has lost it, perhaps only for a moment. */
  private lose(): void {
    this.letGo();
    setTimeout(() => {
      if (Input.holder !== this || this.field.focused) return;
      Input.holder = null;
      this.options.send({ do: "focus", track: null });
    });
  }

  /** Lets go of everything that is held down. */
  private letGo(): void {
    this.forget();
    this.options.send({ do: "release-all" });
  }

  private forget(): void {
    this.pasting.forget();
    this.keyboard.clear();
    this.pointer.clear();
    this.fingers.clear();
  }

  private pressed(surface: Surface): void {
    this.lock.pressed(surface);
    this.field.empty();
    this.options.pressed(surface);
  }

  private before(): void {
    this.lock.flush();
    this.keyboard.flush();
    this.keyboard.sticky.before();
  }

  private soft(on: boolean): void {
    this.field.soft = on;
    this.options.keyboardChanged?.(on);
  }

  /** Users close soft keyboards by buttons of their own, which tell nobody. */
  private watchSoftKeyboard(signal: AbortSignal): void {
    const window = this.options.document.defaultView;
    const viewport = window?.visualViewport;
    let covered = false;
    viewport?.addEventListener(
      "resize",
      () => {
        const before = covered;
        covered = viewport.height * viewport.scale < (window?.innerHeight ?? 0) * 0.8;
        if (before && !covered && this.field.soft) this.soft(false);
      },
      { signal },
    );
  }

  /** What is composed, to the app. */
  private composing() {
    return {
      text: (text: string) => this.soon(() => this.keyboard.type(text)),
      tap: (code: string) => this.soon(() => this.keyboard.tap(code)),
      preedit: (text: string, selection: readonly [number, number]) =>
        this.soon(() => {
          const bounded = [...text].slice(0, 1000).join("");
          const end = Math.min(selection[1], bounded.length);
          const cursor = inBytes(bounded, [Math.min(selection[0], end), end]);
          this.toFocus({ Preedit: { text: bounded, cursor } });
        }),
      showing: (): Showing => {
        this.place();
        if (this.texts.size > 0) return "app";
        const cjk = (this.options.document.defaultView?.navigator.languages ?? []).some((name) =>
          /^(zh|ja|ko)/.test(name),
        );
        return this.field.soft && !cjk ? "typing" : "field";
      },
    };
  }

  private soon(act: () => void): void {
    this.now();
    act();
  }

  /** Puts the field at the app's caret; at the foot of the window if it tells of none. */
  private place(): void {
    const caret = this.caret();
    if (caret !== null) {
      this.field.place({ x: caret.x, y: caret.y, height: caret.h });
      return;
    }
    const surface = this.wanted === null ? undefined : this.surfaces.of(this.wanted);
    if (surface === undefined) return;
    const { left, bottom } = surface.element.getBoundingClientRect();
    this.field.place({ x: left, y: bottom - 20, height: 20 });
  }

  private now(): void {
    this.at = this.options.document.defaultView?.performance.now() ?? 0;
  }

  private toFocus(event: InputEvent): void {
    if (this.wanted !== null) this.emit(this.wanted, event, this.at);
  }

  private emit(track: TrackId, event: InputEvent, at: number): void {
    const origin = this.options.document.defaultView?.performance.timeOrigin ?? 0;
    this.options.send({ do: "input", at: origin + at, track, event });
  }
}

/** `navigator.keyboard`, where there is one. */
interface KeyboardLocks {
  lock?(): Promise<void>;
  unlock?(): void;
}
