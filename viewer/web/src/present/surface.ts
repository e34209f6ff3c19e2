/**
 * The border between what people see (`present/`) and what they do (`input/`, `clipboard/`): each side gives the other one
 * interface, so that neither reaches into the other's elements.
 */

import type { Command, Event } from "../link/vocabulary";
import type { Position, TrackId, Window } from "../protocol/types";

/** One picture of a window or popup on the page, where input happens. */
export interface Surface {
  readonly track: TrackId;
  /** Shows the pictures. It is in the document of the browser window that shows it, which may be a popped-out one. */
  readonly canvas: HTMLCanvasElement;
  /** The newest state of the window. */
  readonly window: Window;
  /** Where a place of the browser's viewport (`clientX`, `clientY`) is in the track, in logical units; also outside of it. */
  toTrack(x: number, y: number): Position;
  /** The way back: where a place of the track is in the browser's viewport. */
  toClient(position: Position): { x: number; y: number };
}

/** What input may ask of the desk. */
export interface Desktop {
  send(command: Command): void;
  /** Which toplevel has the keyboard, if input may reach it. */
  focused(): Surface | null;
  /** The topmost surface whose picture covers a place of that document's viewport: popups before their parents. */
  surfaceAt(document: Document, x: number, y: number): Surface | null;
  /** The user pressed into a surface: raises its toplevel, gives it the keyboard, and dismisses popups that this closes. */
  pressed(surface: Surface): void;
  /** Whether a key belongs to the desk's own shortcuts; then the desk has acted on it and the app does not get it. */
  shortcut(event: KeyboardEvent): boolean;
  /** Whether what the user does reaches apps: false for view-only links and while disconnected. */
  readonly writable: boolean;
  /** One window fills the screen and is used by fingers: zoom, keyboard bar and trackpad mode make sense. */
  readonly compact: boolean;
  /**
   * Phones: places the shown window and its popups. `scale` 1 and no offset is the whole window; offsets are CSS pixels of
   * the layer's unscaled coordinates, moved first and scaled then about the layer's top left corner.
   */
  zoom(scale: number, x: number, y: number): void;
  /** The layer that `zoom` changes: its unscaled size in CSS pixels, and what of it the user can see beside bars and keyboard. */
  layer(): { width: number; height: number; visibleWidth: number; visibleHeight: number };
  /** One quiet sentence for people: paste by hand, pointer locked, … */
  notice(text: string): void;
}

/** What the desk asks of input. */
export interface Input {
  /** Listens to a surface from now on; the answer stops it. */
  attach(surface: Surface): () => void;
  /** A browser window of ours was opened: listens to its document, and puts its text sink into `parent`. */
  open(document: Document, parent: HTMLElement): () => void;
  /** The desk gave the keyboard to a surface: the text sink of its document takes the browser's focus. */
  focus(surface: Surface | null): void;
  /** What the engine says about text inputs, pointer lock, clipboard and the state. */
  handle(event: Event): void;
  /**
   * The desk drags a window whose title bar the app draws: the pressed button belongs to the desk until it is released.
   * The answer is where the pointer is, or null if no button is down any more.
   */
  yield(surface: Surface): { x: number; y: number; pointer: number } | null;
  /** Sends a chord to the focused window: evdev codes, pressed in order and released backwards. */
  chord(keys: number[]): void;
  /** Opens or closes the soft keyboard; called within a user's gesture. */
  toggleKeyboard(): void;
  /** The bar of keys that phones lack; the desk places it above the soft keyboard. Hides itself by `hidden`. */
  readonly keybar: HTMLElement;
}

/** How the desk gets its input. */
export type MakeInput = (desktop: Desktop) => Input;
