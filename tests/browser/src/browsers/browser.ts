/**
 * A real browser as a person uses it: keys, pointer, windows. Everything above is the same for every engine.
 */

/** A function that runs in the page: it must not use anything from outside of itself. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type InPage<T> = (...args: any[]) => T | Promise<T>;

export type Button = "left" | "middle" | "right";

/** One tab or window. */
export interface Page {
  /** Opens an address and waits until the document is there. */
  goto(url: string): Promise<void>;
  /** Runs a function in the page; arguments and answer are JSON. */
  evaluate<T>(script: InPage<T>, ...args: unknown[]): Promise<T>;
  /** Moves the pointer to a place of the viewport, in CSS pixels. */
  move(x: number, y: number): Promise<void>;
  down(button?: Button): Promise<void>;
  up(button?: Button): Promise<void>;
  /** A double click. */
  twice(x: number, y: number): Promise<void>;
  wheel(deltaX: number, deltaY: number): Promise<void>;
  /** Presses a chord such as `Control+c` or `Enter`. */
  press(chord: string): Promise<void>;
  /** Types as a person does whose keyboard, or input method, has these letters. */
  type(text: string): Promise<void>;
  /** The window that the page opens when `action` is done. */
  opened(action: () => Promise<void>): Promise<Page>;
  /** The size of the viewport. */
  resize(width: number, height: number): Promise<void>;
  toFront(): Promise<void>;
  /** Writes a PNG file. */
  screenshot(file: string): Promise<void>;
  close(): Promise<void>;
  /** Whether the window is still there. */
  open(): Promise<boolean>;
}

/** A running browser with a fresh profile that accepts the host's own certificate. */
export interface Browser {
  readonly name: string;
  newPage(): Promise<Page>;
  /** What pages reported: errors, refusals of the content security policy, and the like. */
  readonly complaints: string[];
  /** Whether the process that shows a page has crashed: a fault of the browser, whatever the page does. */
  readonly crashed: boolean;
  close(): Promise<void>;
}

/** An engine that may be installed. */
export interface Engine {
  readonly name: string;
  /** Why it cannot run here, or null. */
  readonly hindrance: string | null;
  /** The transports that it speaks. */
  readonly transports: ("webtransport" | "webrtc" | "websocket")[];
  /** Why its pages cannot copy and paste pictures here, or null. */
  readonly pictureless: string | null;
  start(directory: string): Promise<Browser>;
}
