import { afterEach, beforeEach, describe, expect, it, test, vi } from "vitest";
import { happen, type FakeElement } from "../page.fixture";
import { Story } from "../story.fixture";
import { Ownership } from "./gate";

let story: Story;
/** A field of the page, such as that in which apps are searched. */
let search: FakeElement;
/** What it heard. */
let heard: string[];

beforeEach(() => {
  vi.useFakeTimers();
  story = new Story();
  search = story.page.createElement();
  heard = [];
  for (const type of ["keydown", "keyup"])
    search.addEventListener(type, (event) => heard.push(`${type} ${(event as KeyboardEvent).code}`));
});

afterEach(() => {
  story.input.dispose();
  vi.useRealTimers();
});

/** A key event where the focus is. What browsers do with a press that nobody prevented: they write. */
function key(type: "keydown" | "keyup", code: string, text: string, more: object = {}): Event {
  const target = story.page.activeElement ?? search;
  const event = story.key(type, code, text, { ...more }, target);
  if (type === "keyup" || event.defaultPrevented || text.length !== 1) return event;
  // Into what has the focus by now.
  if (story.page.activeElement !== story.field) return event;
  if (!happen(story.field, "beforeinput", { inputType: "insertText" }).defaultPrevented) story.write(text);
  return event;
}

describe("a key", () => {
  it("that starts an app is not typed into the window that has the keyboard next", () => {
    search.focus();
    search.addEventListener("keydown", () => story.input.focus(1), { once: true });
    key("keydown", "Enter", "\n");
    key("keydown", "Enter", "\n", { repeat: true });
    key("keyup", "Enter", "\n");
    expect(story.heard).toEqual(["release-all", "focus 1"]);
    expect(heard).toEqual(["keydown Enter"]);
    key("keydown", "Enter", "\n");
    key("keyup", "Enter", "\n");
    expect(story.heard).toEqual(["1+28", "1-28"]);
  });

  it("that an app holds is let go of when the page takes the focus, and goes up nowhere else", () => {
    story.input.focus(1);
    key("keydown", "KeyA", "a");
    search.focus();
    key("keydown", "KeyA", "a", { repeat: true });
    key("keyup", "KeyA", "a");
    vi.runAllTimers();
    expect(story.heard).toEqual(["release-all", "focus 1", "1+30", "release-all", "focus null"]);
    expect(heard).toEqual([]);
  });

  it("that is a shortcut is no app's, nor is its release, and what it was pressed with is let go of", () => {
    story.input.focus(1);
    story.keeps = "KeyM";
    const held = { ctrlKey: true, altKey: true };
    key("keydown", "ControlLeft", "Control", { ctrlKey: true });
    key("keydown", "KeyM", "m", held);
    key("keyup", "KeyM", "m", held);
    key("keyup", "ControlLeft", "Control");
    expect(story.heard).toEqual(["release-all", "focus 1", "1+29", "release-all"]);
  });

  it("that a drag takes is nobody else's", () => {
    story.input.focus(1);
    const end = story.gate.take(({ code }) => code === "Escape");
    key("keydown", "Escape", "Escape");
    end();
    key("keyup", "Escape", "Escape");
    key("keydown", "Escape", "Escape");
    expect(story.heard).toEqual(["release-all", "focus 1", "release-all", "1+1"]);
  });

  it("that an input method repeats stays with it", () => {
    story.input.focus(1);
    const event = key("keydown", "KeyN", "Process", { isComposing: true, repeat: true });
    expect(event.defaultPrevented).toBe(false);
  });

  it("is typed text only where an app has it", () => {
    expect(story.gate.typedAt).toBeNull();
    search.focus();
    key("keydown", "KeyA", "a");
    expect(story.gate.typedAt).toBeNull();
    story.input.focus(1);
    key("keydown", "KeyB", "b");
    expect(story.gate.typedAt).not.toBeNull();
  });
});

test("text is an app's again once the page's key is up, in whatever order keys go up", () => {
  const keys = new Ownership();
  keys.press("Enter", "page", false);
  expect(keys.writes).toBe(false);
  keys.press("KeyA", "app", false);
  expect(keys.writes).toBe(true);
  keys.release("KeyA", "app");
  keys.release("Enter", "app");
  expect(keys.writes).toBe(true);
});

/** The same numbers from the same seed. */
function generator(seed: number): () => number {
  let state = seed;
  return () => (state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0) / 2 ** 32;
}

const CODES = ["KeyA", "KeyS", "Enter", "Space", "Escape", "ArrowLeft", "Tab", "Backspace"];
const TEXTS: Record<string, string> = { KeyA: "a", KeyS: "s", Enter: "\n", Space: " " };
const SHORTCUT = "Tab";
const TAKEN = "Escape";

/** A user's hands on a page whose focus goes anywhere at any time, also by what a key does. */
class Hands {
  /** Who got the press of each key that is down: a window, the page, or nobody any more. */
  readonly down = new Map<string, string>();
  /** What each window holds. */
  readonly held = new Map<string, string>();
  private dragging: (() => void) | null = null;

  constructor(private readonly random: () => number) {
    for (const type of ["keydown", "keyup"])
      search.addEventListener(type, (event) => this.searched(event as KeyboardEvent));
  }

  /** The page acts on a key: the focus goes somewhere while it is pressed. */
  private searched({ type, code }: KeyboardEvent): void {
    if (type === "keydown" && code === "Enter") this.focus(Math.floor(this.random() * 3));
  }

  focus(at: number): void {
    if (at === 0) search.focus();
    else story.input.focus(at);
    vi.runAllTimers();
  }

  step(): void {
    const dice = this.random();
    const code = CODES[Math.floor(this.random() * CODES.length)] as string;
    if (dice < 0.15) this.focus(Math.floor(this.random() * 3));
    else if (dice < 0.2) this.drag();
    else if (dice < 0.24) happen(story.field, "compositionstart", { data: "" });
    else if (dice < 0.28) happen(story.field, "compositionend");
    else if (dice < 0.3) this.away();
    else if (this.down.has(code)) this.touch(code, this.random() < 0.5 ? "repeat" : "up");
    else this.touch(code, "down");
    this.note(story.heard);
  }

  private drag(): void {
    this.dragging?.();
    this.dragging = this.dragging === null ? story.gate.take(({ code }) => code === TAKEN) : null;
  }

  /** The browser loses the focus, and nobody hears of the keys that go up. */
  private away(): void {
    story.page.defaultView.dispatchEvent(new Event("blur"));
    this.down.clear();
  }

  private touch(code: string, what: "down" | "repeat" | "up"): void {
    const before = this.note(story.heard);
    expect(before).toEqual([]);
    heard.length = 0;
    const owner = this.down.get(code);
    const at = story.page.activeElement === story.field ? `${story.input.focused}` : "page";
    key(what === "up" ? "keyup" : "keydown", code, TEXTS[code] ?? code, { repeat: what === "repeat" });
    const apps = this.note(story.heard);
    const page = heard.length > 0;
    expect(apps.length > 0 && page, `${code} ${what} went to ${apps} and the page`).toBe(false);
    for (const got of apps) {
      // Text or a press comes of a press, a release of a release; and it is the window's that has the focus.
      expect(got.startsWith(owner !== undefined && what !== "down" ? owner : at), `${got}, ${owner}`).toBe(
        true,
      );
      expect(what === "up" ? got.includes("-") : what === "down" || got.includes('"'), got).toBe(true);
    }
    const mine = code === SHORTCUT || (code === TAKEN && this.dragging !== null);
    if (what === "down") {
      if (mine) expect([apps, page]).toEqual([[], false]);
      else expect(page, `${code} is the page's`).toBe(at === "page");
      this.down.set(code, mine ? "nobody" : at);
    } else if (page) expect(owner).toBe("page");
    if (what === "up") this.down.delete(code);
  }

  /** Follows what windows hold; answers what they got. */
  private note(all: string[]): string[] {
    const got = all.filter((one) => /^\d/.test(one) && !one.includes("("));
    for (const one of all) {
      if (one === "release-all") this.held.clear();
      const [, track, sign, key] = /^(\d+)([+-])(\d+)$/.exec(one) ?? [];
      if (track === undefined || sign === undefined || key === undefined) continue;
      if (sign === "+") {
        expect(this.held.has(key), `${one} twice`).toBe(false);
        this.held.set(key, track);
      } else {
        expect(this.held.get(key), `${one} goes up where it went down`).toBe(track);
        this.held.delete(key);
      }
    }
    return got;
  }
}

test("whatever the focus does, each key has one receiver, and goes up where it went down or nowhere", () => {
  for (let seed = 1; seed <= 300; seed++) {
    story.input.dispose();
    story = new Story();
    story.keeps = SHORTCUT;
    search = story.page.createElement();
    for (const type of ["keydown", "keyup"])
      search.addEventListener(type, (event) => heard.push(`${type} ${(event as KeyboardEvent).code}`));
    const hands = new Hands(generator(seed));
    for (let step = 0; step < 80; step++) hands.step();
  }
});
