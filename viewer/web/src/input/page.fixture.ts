/**
 * A page for tests: of a document's elements only what input asks of them, and events that go the way
 * browsers send them.
 */

import { setMaxListeners } from "node:events";

// One signal ends all that is listened to: more than Node takes for a mistake.
setMaxListeners(0);

/** A box in the viewport. */
export interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

export class FakeElement extends EventTarget {
  readonly style: Record<string, string> = {};
  readonly children: FakeElement[] = [];
  readonly classes = new Set<string>();
  readonly classList = {
    toggle: (name: string, on: boolean) => (on ? this.classes.add(name) : this.classes.delete(name)),
  };
  parent: FakeElement | null = null;
  className = "";
  textContent = "";
  type = "";
  tabIndex = 0;
  hidden = false;
  value = "";
  selectionStart = 0;
  selectionEnd = 0;
  box: Box = { left: 0, top: 0, width: 0, height: 0 };
  private readonly attributes = new Map<string, string>();

  constructor(readonly ownerDocument: FakePage) {
    super();
  }

  setAttribute(name: string, value: string): void {
    this.attributes.set(name, value);
  }

  getAttribute(name: string): string | null {
    return this.attributes.get(name) ?? null;
  }

  get inputMode(): string {
    return this.getAttribute("inputmode") ?? "";
  }

  set inputMode(mode: string) {
    this.setAttribute("inputmode", mode);
  }

  append(...children: FakeElement[]): void {
    for (const child of children) child.parent = this;
    this.children.push(...children);
  }

  remove(): void {
    const siblings = this.parent?.children;
    siblings?.splice(siblings.indexOf(this), 1);
    this.parent = null;
  }

  getBoundingClientRect() {
    const { left, top, width, height } = this.box;
    return { left, top, width, height, right: left + width, bottom: top + height };
  }

  setSelectionRange(begin: number, end: number): void {
    [this.selectionStart, this.selectionEnd] = [begin, end];
  }

  focus(): void {
    if (this.ownerDocument.activeElement === this) return;
    this.ownerDocument.activeElement?.blur();
    this.ownerDocument.activeElement = this;
    happen(this, "focus");
  }

  blur(): void {
    if (this.ownerDocument.activeElement !== this) return;
    this.ownerDocument.activeElement = null;
    happen(this, "blur");
  }

  setPointerCapture(): void {}
  hasPointerCapture(): boolean {
    return false;
  }

  /** This and all that is in it. */
  get all(): FakeElement[] {
    return [this, ...this.children.flatMap((child) => child.all)];
  }
}

/** The part of the page that is seen; soft keyboards make it smaller. */
export class FakeViewport extends EventTarget {
  offsetTop = 0;
  height = 800;
  scale = 1;
}

export class FakeWindow extends EventTarget {
  innerWidth = 400;
  innerHeight = 800;
  now = 1_000;
  readonly visualViewport = new FakeViewport();
  readonly performance = { timeOrigin: 1_000_000, now: () => this.now };
  navigator: { languages: readonly string[]; keyboard?: object } = { languages: ["en-US"] };
}

/** A document: those that listen while an event goes down to an element hear it before the others. */
export class FakePage extends EventTarget {
  readonly defaultView = new FakeWindow();
  readonly capturing = new EventTarget();
  activeElement: FakeElement | null = null;
  hidden = false;
  /** What lies uppermost everywhere. */
  topmost: FakeElement | null = null;

  createElement(): FakeElement {
    return new FakeElement(this);
  }

  elementFromPoint(): FakeElement | null {
    return this.topmost;
  }

  override addEventListener(...[type, hear, options]: Parameters<EventTarget["addEventListener"]>): void {
    const captures = typeof options === "object" && options.capture === true;
    if (captures) this.capturing.addEventListener(type, hear, options);
    else super.addEventListener(type, hear, options);
  }

  /** The same as the browser's own, for the code that is tested. */
  get real(): Document {
    return this as unknown as Document;
  }
}

/**
 * Something happens to an element: the document hears it first, then the element, then the document again.
 */
export function happen(target: FakeElement, type: string, fields: object = {}): Event {
  const event = new Event(type, { cancelable: true });
  const page = target.ownerDocument;
  const all = { timeStamp: page.defaultView.now, target, ...fields };
  for (const [name, value] of Object.entries(all)) Object.defineProperty(event, name, { value });
  for (const hears of [page.capturing, target, page]) {
    Object.defineProperty(event, "currentTarget", { value: hears, configurable: true });
    hears.dispatchEvent(event);
    if (event.cancelBubble) break;
  }
  return event;
}

/** The browser's own type of an element, for the code that is tested. */
export function real(element: FakeElement): HTMLElement {
  return element as unknown as HTMLElement;
}
