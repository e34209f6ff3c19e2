import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { happen, real, type FakeElement } from "../page.fixture";
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

describe("windows on the page", () => {
  const press = (on: FakeElement, pointerType = "mouse", buttons = 1) =>
    happen(on, "pointerdown", { pointerType, buttons, pointerId: 3, clientX: 60, clientY: 120 });

  it("are pressed, and hear of it after the page", () => {
    press(story.window(1));
    expect(story.told).toEqual(["pressed 1"]);
    expect(story.heard).toEqual(["1 Button"]);
  });

  it.each(["mouse", "touch"])("hear of no release that the host knows of: %s", (pointerType) => {
    const window = story.window(1);
    story.page.topmost = window;
    story.input.touchMode = "touch";
    press(window, pointerType);
    story.input.focus(1);
    story.sent.length = 0;
    happen(window, "pointerup", { pointerType, buttons: 0, pointerId: 3, clientX: 60, clientY: 120 });
    expect(story.heard).toEqual([]);
  });

  it("hear of keys before the buttons they are held for", () => {
    story = new Story({ platform: { mac: false, windows: true, webkit: false } });
    const window = story.window(1);
    story.input.focus(1);
    story.sent.length = 0;
    // On Windows a Ctrl may belong to AltGr: it waits.
    story.key("keydown", "ControlLeft", "Control", { ctrlKey: true });
    story.input.keyboard.sticky.tap("ShiftLeft");
    press(window);
    happen(window, "pointerup", { pointerType: "mouse", buttons: 0, clientX: 60, clientY: 120 });
    expect(story.heard).toEqual(["1+29", "1+42", "1 Button", "1 Button", "1-42"]);
  });

  it("are not listened to when they were detached", () => {
    const window = story.window(1);
    window.detach();
    press(window);
    press(window, "touch");
    expect(story.heard).toEqual([]);
  });

  it("hand a press over to the page, of mice and of fingers", () => {
    const window = story.window(1);
    story.page.topmost = window;
    expect(story.input.handOver(1)).toBeNull();
    press(window);
    expect(story.input.handOver(1)).toEqual({ pointerId: 3, x: 60, y: 120 });
    happen(window, "pointerup", { pointerType: "mouse", buttons: 0, clientX: 60, clientY: 120 });
    press(window, "touch");
    story.page.defaultView.now += 600;
    vi.advanceTimersByTime(600);
    const fields = { pointerType: "touch", pointerId: 3, clientX: 90, clientY: 120 };
    happen(window, "pointermove", fields);
    expect(story.input.handOver(1)).toEqual({ pointerId: 3, x: 90, y: 120 });
  });

  it("lose their popups to a press elsewhere", () => {
    const elsewhere = story.page.createElement();
    const window = story.window(1);
    press(elsewhere);
    expect(story.heard).toEqual([]);
    const popup = story.window(2, 1);
    press(elsewhere);
    expect(story.heard).toEqual(["dismiss-popups"]);
    press(popup);
    press(window);
    expect(story.heard).not.toContain("dismiss-popups");
    popup.detach();
    press(elsewhere);
    expect(story.heard).toEqual([]);
  });

  it("are touched as the user likes", () => {
    const cursors: unknown[] = [];
    story = new Story({ drawCursor: (at) => void cursors.push(at) });
    expect(story.input.touchMode).toBe("direct");
    story.input.touchMode = "trackpad";
    expect(story.input.touchMode).toBe("trackpad");
    expect(cursors.at(-1)).toMatchObject({ x: expect.any(Number), y: expect.any(Number) });
    story.input.touchMode = "touch";
    expect(cursors.at(-1)).toBeNull();
  });

  it("hear of fingers on all of the stage when that is a trackpad", () => {
    const stage = story.page.createElement();
    const leave = story.input.stage(real(stage));
    const fields = { pointerType: "touch", pointerId: 1, clientX: 5, clientY: 5 };
    expect(happen(stage, "pointerdown", fields).defaultPrevented).toBe(true);
    leave();
    expect(happen(stage, "pointerdown", fields).defaultPrevented).toBe(false);
  });

  it("may have the pointer to themselves, and what it moved goes before a button", () => {
    const window = story.window(1);
    let asked = 0;
    Object.assign(window as EventTarget, { requestPointerLock: async () => void asked++ });
    Object.assign(story.page, { pointerLockElement: null });
    Object.assign(story.page.defaultView, { requestAnimationFrame: () => {} });
    story.input.handle({ on: "pointer-lock", track: 1 });
    expect(asked).toBe(1);
    press(window);
    expect(asked).toBe(2);
    Object.assign(story.page, { pointerLockElement: window });
    happen(window, "pointermove", { pointerType: "mouse", buttons: 1, movementX: 3, movementY: 4 });
    story.sent.length = 0;
    press(window, "mouse", 3);
    expect(story.heard).toEqual(["1 RelativeMotion", "1 Button"]);
  });
});
