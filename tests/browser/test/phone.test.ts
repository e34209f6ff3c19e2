/** A phone: fingers only, a soft keyboard, a bar of keys, both orientations. */

import { createHash } from "node:crypto";
import { join } from "node:path";
import { expect } from "vitest";
import { Chromium, ChromiumBrowser, type ChromiumPage } from "../src/browsers/chromium";
import { Fingers } from "../src/browsers/touch";
import type { Desk, Shown } from "../src/desk";
import { whereAble } from "../src/each";
import { locate, role, type Wanted } from "../src/elements";
import { ROOT } from "../src/programs";
import { Stage } from "../src/stage";
import { story } from "../src/story";
import { pause, settles } from "../src/wait";

const UPRIGHT = { width: 390, height: 844 };
const LYING = { width: 844, height: 390 };
const SCALE = 3;
const EDITOR = "l3afpad";
const TERMINAL = "foot";
const APPS = [
  { id: EDITOR, name: "Test editor", exec: "l3afpad HOME/note.txt" },
  { id: "test-terminal", name: "Test terminal", exec: "foot --log-level=error" },
];

whereAble("a phone", Chromium.hindrance, () => {
  let desk: Desk;
  let page: ChromiumPage;
  let fingers: Fingers;
  let editor: Shown;

  const tap = async (wanted: Wanted) => {
    const box = await locate(page, wanted);
    await fingers.tap(box.x + box.width / 2, box.y + box.height / 2);
  };
  const middle = ({ canvas }: Shown): [number, number] => [
    canvas.x + canvas.width / 2,
    canvas.y + canvas.height / 2,
  ];
  const start = async (name: string) => {
    await tap(role("button", "Apps"));
    await tap(role("menuitem", name));
  };
  /** What a soft keyboard does with a letter or a word: no key is told, only text. */
  const write = (text: string) => page.cdp.send("Input.insertText", { text });
  const set = () =>
    Stage.set(
      { start: () => ChromiumBrowser.start({ ...UPRIGHT, scale: SCALE, phone: true }) },
      { apps: APPS },
    );

  story("a phone", set, (step) => {
    step("opens the link", async (stage) => {
      desk = await stage.open();
      page = desk.page as ChromiumPage;
      fingers = new Fingers(page);
    });

    step("starts an app, which fills the screen at the screen's own resolution", async () => {
      await start("Test editor");
      const wide = Math.round(UPRIGHT.width * SCALE);
      await settles(
        "the app's width",
        async () => (await desk.window(EDITOR)).pixels.width,
        (width) => width === wide,
      );
      editor = await desk.window(EDITOR);
      expect(editor.canvas.width).toBeCloseTo(UPRIGHT.width, 0);
    });

    step("types with the soft keyboard, and saves with the bar of keys", async (stage) => {
      await fingers.tap(...middle(editor));
      await tap(role("button", "Keyboard"));
      await settles(
        "a field that takes text",
        () => page.evaluate(() => document.activeElement?.tagName),
        (tag) => tag === "TEXTAREA",
      );
      await write("Grüße ");
      await write("世界");
      await keep("phone-typing");
      await tap(role("button", "Ctrl"));
      await write("s");
      await settles(
        "the saved text",
        () => stage.host.read("note.txt").trimEnd(),
        (text) => text === "Grüße 世界",
      );
    });

    step("moves the cursor with the bar", async (stage) => {
      await tap(role("button", "Left"));
      await write("!");
      await tap(role("button", "Ctrl"));
      await write("s");
      await settles(
        "the saved text",
        () => stage.host.read("note.txt").trimEnd(),
        (text) => text === "Grüße 世!界",
      );
    });

    step("opens the app's menu by a long press", async () => {
      // GTK now and then takes no notice of the very first press of that button, whoever sends it.
      await settles(
        "the app's menu",
        async () => {
          await fingers.hold(...middle(await desk.window(EDITOR)));
          await pause(500);
          return (await desk.windows()).some(({ popup }) => popup);
        },
        (there) => there,
      );
      await keep("phone-menu");
      await tap(role("button", "Esc"));
      await desk.noPopup();
    });

    step("turns, and the app is as wide as the screen again", async () => {
      await page.resize(LYING.width, LYING.height);
      const wide = Math.round(LYING.width * SCALE);
      await settles(
        "the app's width",
        async () => (await desk.window(EDITOR)).pixels.width,
        (width) => width <= wide && width > wide - 200,
      );
      await keep("phone-lying");
      await page.resize(UPRIGHT.width, UPRIGHT.height);
      await settles(
        "the app's width",
        async () => (await desk.window(EDITOR)).pixels.width,
        (width) => width === Math.round(UPRIGHT.width * SCALE),
      );
    });

    step("zooms with two fingers, and back", async () => {
      const before = (await desk.window(EDITOR)).canvas;
      const [x, y] = middle(await desk.window(EDITOR));
      await fingers.slide([
        { from: [x - 40, y], to: [x - 120, y] },
        { from: [x + 40, y], to: [x + 120, y] },
      ]);
      await settles(
        "a larger picture",
        async () => (await desk.window(EDITOR)).canvas.width,
        (width) => width > before.width * 1.5,
      );
      await keep("phone-zoom");
      await fingers.slide([
        { from: [x - 120, y], to: [x - 20, y] },
        { from: [x + 120, y], to: [x + 20, y] },
      ]);
      await settles(
        "the whole picture",
        async () => (await desk.window(EDITOR)).canvas.width,
        (width) => Math.abs(width - before.width) < 2,
      );
    });

    step("switches between two apps", async () => {
      const { title } = await desk.window(EDITOR);
      await start("Test terminal");
      await desk.window(TERMINAL);
      expect((await desk.windows()).filter(({ popup }) => !popup)).toHaveLength(1);
      await tap(role("button", "Windows"));
      await keep("phone-windows");
      await tap({ selector: '[role="option"],[role="menuitem"],[role="tab"],button', name: title });
      await desk.window(EDITOR);
    });

    step("scrolls a terminal with two fingers", async (stage) => {
      await stage.host.run(
        "foot",
        "--log-level=error",
        "--app-id=scroller",
        "sh",
        "-c",
        "seq 500; exec sleep 600",
      );
      await desk.window("scroller");
      // It comes in a size of its own, and rests when it fills the screen and all is printed.
      let before = "";
      await settles(
        "the end of the numbers",
        async () => {
          const last = before;
          before = await picture(await desk.window("scroller"));
          return last === before;
        },
        (rests) => rests,
      );
      const window = await desk.window("scroller");
      const [x, y] = middle(window);
      await fingers.slide([
        { from: [x - 40, y - 100], to: [x - 40, y + 150] },
        { from: [x + 40, y - 100], to: [x + 40, y + 150] },
      ]);
      await settles(
        "another picture",
        () => picture(window),
        (now) => now !== before,
      );
    });

    step("can be installed", async () => {
      const manifest = await page.evaluate(async () => {
        const link = document.querySelector<HTMLLinkElement>('link[rel="manifest"]');
        if (!link) return null;
        return (await (await fetch(link.href)).json()) as {
          name: string;
          display: string;
          icons: { src: string; sizes: string }[];
        };
      });
      expect(manifest?.name).toBe("Dormer");
      expect(manifest?.display).toMatch(/standalone|fullscreen/);
      expect(manifest?.icons.some(({ sizes }) => sizes.includes("512"))).toBe(true);
      const { errors } = await page.cdp.send("Page.getAppManifest");
      expect(errors).toEqual([]);
    });
  });

  /** What is seen of a window, in a form that can be compared. */
  async function picture({ canvas }: Shown): Promise<string> {
    const clip = { x: canvas.x, y: canvas.y, width: canvas.width, height: canvas.height };
    return createHash("sha256")
      .update(await page.tab.screenshot({ clip }))
      .digest("hex");
  }

  /** Pictures for the documentation, written when asked for. */
  async function keep(name: string): Promise<void> {
    if (process.env.DORMER_PICTURES) await page.screenshot(join(ROOT, "docs/images", `${name}.png`));
  }
});
