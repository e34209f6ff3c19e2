/** The same user story in each browser: a working day in ten steps, over real sockets, with real apps. */

import { expect } from "vitest";
import type { Engine } from "../src/browsers/browser";
import { Clipboard } from "../src/clipboard";
import { Desk, type Shown } from "../src/desk";
import { forEachEngine } from "../src/each";
import { networkHindrance } from "../src/network";
import { Stage } from "../src/stage";
import { story } from "../src/story";
import { pause, settles } from "../src/wait";

const EDITOR = "l3afpad";
const APPS = [
  { id: EDITOR, name: "Test editor", exec: "l3afpad HOME/note.txt" },
  { id: "test-terminal", name: "Test terminal", exec: "foot --log-level=error" },
];

forEachEngine("a working day", (engine: Engine) => {
  const far = networkHindrance() === null;
  let desk: Desk;
  let editor: Shown;
  const refreshed = async () => (editor = await desk.window(EDITOR));
  /** Saves until the file says this: what was pasted comes when the app has asked for it. */
  const saved = async (stage: Stage, text: string, page = desk.page) => {
    const read = async () => {
      await page.press("Control+s");
      await pause(200);
      return stage.host.read("note.txt").trimEnd();
    };
    await settles("the saved text", read, (now) => now === text);
  };

  story(
    `a working day, ${engine.name},`,
    () => Stage.set(engine, { apps: APPS, far }),
    (step) => {
      step("opens the link, whose ticket leaves the address", async (stage) => {
        desk = await stage.open();
        const { transport, role } = await desk.link();
        expect(engine.transports).toContain(transport);
        expect(role).toBe("control");
        expect(await desk.page.evaluate(() => location.href)).not.toContain("ticket");
      });

      step("starts an app from the menu", async () => {
        await desk.start("Test editor");
        await refreshed();
        expect(editor.title).toContain("note.txt");
      });

      step("types letters of every kind", async (stage) => {
        await desk.focus(editor);
        await desk.page.type("Grüße 世界");
        await saved(stage, "Grüße 世界");
      });

      step("selects all by a menu of the app, and copies", async (stage) => {
        // The menu bar's second word is "Edit", and the last word of its menu "Select All".
        await desk.clickIn(editor, 60, 12);
        const menu = await desk.popup();
        await desk.choose(menu, menu.canvas.width / 2, menu.canvas.height - 18);
        await desk.page.press("Control+c");
        await copied(stage, "Grüße 世界");
      });

      step("pastes what was copied elsewhere", async (stage) => {
        await elsewhere(stage, "from elsewhere: 12 €\n");
        await desk.page.toFront();
        await refreshed();
        await desk.activate(editor);
        await desk.page.press("Control+End");
        await desk.page.press("Enter");
        await desk.page.press("Control+v");
        await saved(stage, "Grüße 世界\nfrom elsewhere: 12 €");
      });

      step("drags the window by its title bar", async () => {
        const before = await refreshed();
        await desk.move(before, [120, 70]);
        const moved = ({ box }: Shown) => [box.x - before.box.x, box.y - before.box.y];
        await settles(
          "the window's place",
          async () => moved(await refreshed()),
          ([x, y]) => near(x, 120) && near(y, 70),
        );
      });

      step("resizes the window, and the app follows", async () => {
        const before = await refreshed();
        await desk.resize(before, [90, 60]);
        const grown = ({ pixels }: Shown) => [
          pixels.width - before.pixels.width,
          pixels.height - before.pixels.height,
        ];
        await settles(
          "the picture's size",
          async () => grown(await refreshed()),
          ([w, h]) => near(w, 90) && near(h, 60),
        );
      });

      step("pops the window out, types there, and brings it back", async (stage) => {
        const popped = await desk.page.opened(() => desk.clickPart(editor, "Pop out"));
        stage.pages.push(popped);
        const out = new Desk(popped);
        const window = await out.window(EDITOR);
        await out.focus(window);
        await popped.press("Control+a");
        await popped.type("popped out");
        await saved(stage, "popped out", popped);
        await popped.close();
        stage.pages.pop();
        await refreshed();
      });

      step(
        far ? "works on after the network was cut for 5 s" : "(the network cannot be cut here)",
        async (stage) => {
          if (far) {
            expect(stage.browser.complaints).toEqual([]);
            await stage.host.network.cut();
            await pause(5000);
            await stage.host.network.join();
            await desk.online();
          }
          await refreshed();
          await desk.activate(editor);
          await desk.page.press("Control+a");
          await desk.page.type("still here");
          await saved(stage, "still here");
          // Browsers log links that cannot be made.
          stage.browser.complaints.splice(0);
        },
      );

      step("closes the app by its window, and leaves", async (stage) => {
        await desk.clickPart(await refreshed(), "Close");
        await desk.without(EDITOR);
        expect(stage.browser.complaints).toEqual([]);
        await desk.page.close();
        expect(stage.host.running).toBe(true);
      });

      /** What another page pastes. One who changes to another tab too early comes back and looks again. */
      async function copied(stage: Stage, text: string): Promise<void> {
        const clipboard = await Clipboard.of(stage.browser);
        const look = async () => {
          await desk.page.toFront();
          await pause(300);
          return clipboard.read();
        };
        await settles("the clipboard", look, (now) => now === text);
        await clipboard.close();
      }

      async function elsewhere(stage: Stage, text: string): Promise<void> {
        const clipboard = await Clipboard.of(stage.browser);
        await clipboard.write(text);
        await clipboard.close();
      }
    },
  );
});

/** Drags are exact to some pixels: positions are rounded to device pixels, sizes to the app's steps. */
function near(value: number | undefined, wanted: number): boolean {
  return value !== undefined && Math.abs(value - wanted) <= 3;
}
