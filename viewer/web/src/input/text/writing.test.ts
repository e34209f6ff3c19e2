import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { SEED } from "./compose";
import { happen } from "../page.fixture";
import { Story } from "../story.fixture";

let story: Story;

beforeEach(() => {
  vi.useFakeTimers();
  story = new Story();
});

afterEach(() => {
  story.input.dispose();
  vi.useRealTimers();
});

describe("text", () => {
  const compose = (text: string) => {
    happen(story.field, "compositionstart", { data: "" });
    story.write(text);
  };

  beforeEach(() => {
    story.input.focus(1);
    story.sent.length = 0;
  });

  it("of soft keyboards goes to the window", () => {
    story.write("hi");
    story.write("h");
    expect(story.heard).toEqual(['1"hi"', "1+14", "1-14"]);
  });

  it("that is composed is shown by an app that takes text, its cursor in bytes", () => {
    story.caret(1, 0);
    compose("你好");
    expect(story.heard).toEqual(["1(你好 6-6)"]);
  });

  it("that is composed is bounded, and so is its cursor", () => {
    story.caret(1, 0);
    compose("好".repeat(5_000));
    expect(story.sent).toEqual([
      expect.objectContaining({ event: { Preedit: { text: "好".repeat(1_000), cursor: [3_000, 3_000] } } }),
    ]);
  });

  it("that is composed is kept in the field for other apps", () => {
    compose("ni");
    expect(story.heard).toEqual([]);
    expect(story.field.classes.has("composing")).toBe(true);
  });

  it("that soft keyboards compose word by word is typed at once for other apps, where no script needs more", () => {
    story.input.showKeyboard();
    story.sent.length = 0;
    compose("hi");
    expect(story.heard).toEqual(['1"hi"']);
    happen(story.field, "compositionend");
    story.page.defaultView.navigator.languages = ["en", "ja-JP"];
    story.field.value = SEED;
    story.input.focus(2);
    story.sent.length = 0;
    compose("か");
    expect(story.heard).toEqual([]);
  });

  it("that is being composed stays with its window when another gets the keyboard", () => {
    story.caret(1, 0);
    compose("你");
    story.sent.length = 0;
    story.input.focus(2);
    happen(story.field, "compositionend");
    const heard = story.heard;
    expect(heard).toContain('1"你"');
    expect(heard.filter((it) => it.startsWith("2"))).toEqual([]);
    expect(heard.at(-1)).toBe("focus 2");
    vi.runAllTimers();
    expect([story.input.focused, story.heard]).toEqual([2, []]);
  });

  it("that is being composed is not lost when nobody gets the keyboard", () => {
    compose("你");
    story.input.focus(null);
    vi.runAllTimers();
    expect(story.heard).toEqual(['1"你"', "release-all", "focus null"]);
  });

  it("that was typed is no context any more after a key, or a press on a window", () => {
    story.write("teh");
    story.key("keydown", "ArrowLeft", "ArrowLeft");
    expect(story.field.value).toBe(SEED);
    story.write("teh");
    happen(story.window(1), "pointerdown", { pointerType: "mouse", buttons: 1, clientX: 50, clientY: 110 });
    expect(story.field.value).toBe(SEED);
  });
});

describe("the caret", () => {
  it("is where the app says, in the viewport, and the field with it", () => {
    story.window(1);
    story.input.focus(1);
    story.caret(1, 20);
    expect(story.input.caret()).toEqual({ x: 80, y: 120, w: 2, h: 16 });
    expect(story.field.style).toMatchObject({ left: "80px", top: "120px", height: "16px" });
    expect(story.told).toEqual(["caret"]);
  });

  it("is that of the window that told of one last", () => {
    story.window(1);
    story.window(2);
    story.caret(1, 20);
    story.caret(2, 30);
    expect(story.input.caret()?.x).toBe(100);
  });

  it("is none when the app takes no text, or its window goes; then the field is at the window's foot", () => {
    story.window(1);
    story.input.focus(1);
    story.caret(1, 20);
    story.caret(1, null);
    expect(story.input.caret()).toBeNull();
    expect(story.field.style).toMatchObject({ left: "40px", top: "180px", height: "20px" });
    story.caret(1, 20);
    story.input.handle({ on: "window-gone", track: 1 });
    expect(story.input.caret()).toBeNull();
  });

  it("is not taken away by what another window tells", () => {
    story.window(1);
    story.caret(1, 20);
    story.caret(2, null);
    story.input.handle({ on: "window-gone", track: 2 });
    expect(story.input.caret()?.x).toBe(80);
  });

  it("has the field with it when its window has moved before a composition begins", () => {
    const window = story.window(1);
    story.input.focus(1);
    expect(story.field.style).toMatchObject({ left: "40px", top: "180px" });
    story.caret(1, 20);
    window.box = { left: 100, top: 100, width: 200, height: 100 };
    happen(story.field, "compositionstart", { data: "" });
    expect(story.field.style.left).toBe("140px");
  });

  it("is found when its window comes to this document after it", () => {
    story.caret(1, 20);
    expect(story.input.caret()).toBeNull();
    story.window(1).box = { left: 0, top: 0, width: 100, height: 50 };
    expect(story.input.caret()).toEqual({ x: 20, y: 10, w: 1, h: 8 });
    expect(story.field.style.left).toBe("80px");
  });
});

describe("the soft keyboard", () => {
  /** A soft keyboard, or a pinch, leaves so much of the page. */
  function leave(height: number, scale = 1): void {
    const { visualViewport } = story.page.defaultView;
    Object.assign(visualViewport, { height, scale });
    visualViewport.dispatchEvent(new Event("resize"));
  }

  it("is opened and closed, and the page is told", () => {
    story.input.toggleKeyboard();
    expect(story.input.keyboardShown).toBe(true);
    story.input.toggleKeyboard();
    expect(story.input.keyboardShown).toBe(false);
    story.input.showKeyboard();
    story.input.hideKeyboard();
    expect(story.told).toEqual(["keyboard", "no keyboard", "keyboard", "no keyboard"]);
  });

  it("is closed when its user has put it away", () => {
    story.input.showKeyboard();
    leave(450);
    expect(story.input.keyboardShown).toBe(true);
    leave(800);
    expect(story.input.keyboardShown).toBe(false);
    expect(story.told).toEqual(["keyboard", "no keyboard"]);
  });

  it("that was never opened is not closed by a page that changes its size", () => {
    leave(450);
    leave(800);
    expect(story.told).toEqual([]);
  });

  it("has nothing to do with a page that is zoomed", () => {
    story.input.showKeyboard();
    leave(400, 2);
    leave(800);
    expect(story.input.keyboardShown).toBe(true);
  });
});
