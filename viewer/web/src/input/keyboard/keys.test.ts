import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
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

describe("pasting", () => {
  const ctrl = { ctrlKey: true };
  const paste = () => happen(story.field, "paste", { clipboardData: null });

  beforeEach(() => {
    story.input.focus(1);
    story.key("keydown", "ControlLeft", "Control", ctrl);
    story.sent.length = 0;
  });

  it("by keys goes when the browser has told what, and later keys behind it", () => {
    expect(story.key("keydown", "KeyV", "v", ctrl).defaultPrevented).toBe(false);
    story.key("keyup", "KeyV", "v", ctrl);
    expect(story.key("keydown", "Enter", "Enter", ctrl).defaultPrevented).toBe(true);
    expect(story.heard).toEqual([]);
    expect(paste().defaultPrevented).toBe(true);
    expect(story.heard).toEqual(["1+47", "1-47", "1+28"]);
  });

  it("by keys goes once, however long they are held", () => {
    story.key("keydown", "KeyV", "v", ctrl);
    paste();
    const again = story.key("keydown", "KeyV", "v", { ...ctrl, repeat: true });
    vi.runAllTimers();
    expect(again.defaultPrevented).toBe(true);
    expect(story.heard).toEqual(["1+47"]);
  });

  it("is forgotten with the focus", () => {
    story.key("keydown", "KeyV", "v", ctrl);
    story.input.focus(2);
    vi.runAllTimers();
    expect(story.heard).toEqual(["release-all", "focus 2"]);
  });
});

describe("pasting without keys", () => {
  const CTRL_V = ["1+29", "1+47", "1-47", "1-29"];

  it("by the browser's menu types what the app pastes by", () => {
    story.input.focus(1);
    story.sent.length = 0;
    happen(story.field, "paste", { clipboardData: null });
    expect(story.heard).toEqual(CTRL_V);
  });

  it("by the page's menu does so when the clipboard could be read", async () => {
    story.input.focus(1);
    story.sent.length = 0;
    await story.input.paste();
    expect(story.heard).toEqual(CTRL_V);
    story.clipboard = false;
    await story.input.paste();
    happen(story.field, "paste", { clipboardData: null });
    expect(story.heard).toEqual([]);
  });

  it("types what that app pastes by, and nothing without an app", async () => {
    story = new Story({ appId: (track) => (track === 1 ? "foot" : "") });
    await story.input.paste();
    expect(story.heard).toEqual([]);
    story.input.focus(1);
    story.sent.length = 0;
    await story.input.paste();
    expect(story.heard).toEqual(["1+29", "1+42", "1+47", "1-47", "1-42", "1-29"]);
  });
});

describe("the clipboard", () => {
  it("hears of keys that copy in an app, and of gestures that do not", () => {
    story.input.focus(1);
    story.key("keydown", "KeyC", "c", { ctrlKey: true });
    story.key("keydown", "KeyB", "b");
    happen(story.window(1), "pointerup", { pointerType: "mouse", buttons: 0 });
    expect(story.told).toEqual(["copies", "gesture", "gesture"]);
  });

  it("is the user's own while they copy in a field of the page", () => {
    const copy = { code: "KeyC", key: "c", ctrlKey: true, getModifierState: () => false };
    happen(story.page.createElement(), "keydown", copy);
    expect(story.told).toEqual(["gesture"]);
  });

  it("is looked at when the page comes to the front", () => {
    story.page.defaultView.dispatchEvent(new Event("focus"));
    expect(story.told).toEqual(["clipboard may have changed"]);
  });
});
