/**
 * The page for keyboards and screen readers: everything has a role and a name in the page's language, and
 * keys reach it.
 */

import { expect } from "vitest";
import { Chromium, ChromiumBrowser, type ChromiumPage } from "../src/browsers/chromium";
import { Desk } from "../src/desk";
import { whereAble } from "../src/each";
import { click, locate, role } from "../src/elements";
import { accessible, named, nameless, type Accessible } from "../src/accessible";
import { Stage } from "../src/stage";
import { story } from "../src/story";
import { settles } from "../src/wait";

const EDITOR = "l3afpad";
const APPS = [{ id: EDITOR, name: "Test editor", exec: "l3afpad HOME/note.txt" }];

/** The same places, as they are called in both languages. */
const LANGUAGES = [
  {
    lang: "en",
    desk: "Remote windows",
    taskbar: "Taskbar",
    apps: "Apps",
    search: "Search apps",
    run: "Run command…",
    command: "Run command",
    share: "Share…",
    link: "Link for another device",
    connection: "Connection",
    keyboard: "Keyboard",
    keys: "Keys",
    windows: "Windows",
    minimise: "Minimise",
    tools: ["Window menu", "Pop out", "Minimise", "Maximise", "Close"],
    usedTitle: "This link cannot be used",
  },
  {
    lang: "zh",
    desk: "远程窗口",
    taskbar: "任务栏",
    apps: "应用",
    search: "搜索应用",
    run: "运行命令…",
    command: "运行命令",
    share: "分享…",
    link: "用于其他设备的链接",
    connection: "连接",
    keyboard: "键盘",
    keys: "按键",
    windows: "窗口",
    minimise: "最小化",
    tools: ["窗口菜单", "弹出", "最小化", "最大化", "关闭"],
    usedTitle: "此链接无法使用",
  },
] as const;

for (const words of LANGUAGES) {
  whereAble(`keyboard and screen reader, ${words.lang}`, Chromium.hindrance, () => {
    let desk: Desk;
    let page: ChromiumPage;
    /** What is told now; nothing of it without a name. */
    const told = async (): Promise<Accessible[]> => {
      const all = await accessible(page);
      expect(nameless(all)).toEqual([]);
      return all;
    };
    const focused = async () => (await accessible(page)).filter((one) => one.focused).at(-1);
    const focusIs = (role: string, name: string) =>
      settles("the focus", focused, (now) => now?.role === role && now.name === name);
    const noDialog = () =>
      settles(
        "the end of dialogs",
        async () => named(await accessible(page), "dialog"),
        (dialogs) => dialogs.length === 0,
      );
    const inApp = () =>
      settles("the app's keyboard", focused, (now) => now?.role === "textbox" && now.name !== "");

    story(
      `keyboard and screen reader, ${words.lang},`,
      () => Stage.set(Chromium, { apps: APPS }),
      (step) => {
        step("has a desk and a bar", async (stage) => {
          desk = await stage.open(`&lang=${words.lang}`);
          page = desk.page as ChromiumPage;
          const all = await told();
          expect(named(all, "main")).toEqual([words.desk]);
          expect(named(all, "navigation")).toEqual([words.taskbar]);
          expect(named(all, "button")).toContain(words.apps);
          const lang = await page.evaluate(() => document.documentElement.lang);
          expect(lang.startsWith(words.lang)).toBe(true);
        });

        step("opens the menu of apps by keys, and Escape closes it", async () => {
          await page.press("Control+Alt+Space");
          await focusIs("searchbox", words.search);
          const all = await told();
          expect(named(all, "dialog")).toEqual([words.apps]);
          expect(named(all, "menuitem")).toEqual(expect.arrayContaining(["Test editor", words.run]));
          await page.press("Escape");
          await noDialog();
          await page.press("Control+Alt+m");
          await focusIs("button", words.apps);
          await visiblyFocused();
        });

        step("starts an app by keys", async () => {
          await page.press("Enter");
          await focusIs("searchbox", words.search);
          await page.type("test ed");
          await page.press("ArrowDown");
          await focusIs("menuitem", "Test editor");
          await visiblyFocused();
          await page.press("Enter");
          await desk.window(EDITOR);
          const all = await told();
          expect(named(all, "application")[0]).toContain("note.txt");
          expect(named(all, "button")).toEqual(expect.arrayContaining([...words.tools]));
          await inApp();
        });

        step("has the window's menu, which keys walk and close", async () => {
          await page.press("Control+Alt+w");
          await focusIs("menuitem", words.minimise);
          await told();
          await page.press("End");
          await focusIs("menuitem", words.tools[4]);
          await page.press("Escape");
          await inApp();
        });

        step("walks the bar with arrows, and Escape goes back to the app", async () => {
          await page.press("Control+Alt+m");
          await focusIs("button", words.apps);
          await page.press("ArrowRight");
          await settles("the window's button", focused, (now) => now?.name.includes("note.txt") ?? false);
          await visiblyFocused();
          await page.press("Escape");
          await inApp();
        });

        step("explains the connection, and Escape closes that", async () => {
          await page.press("Control+Alt+i");
          await focusIs("dialog", words.connection);
          await told();
          await page.press("Escape");
          await noDialog();
          await inApp();
        });

        step("makes links in a dialog that keeps the focus, and gives it back", async () => {
          await page.press("Control+Alt+Space");
          await click(page, role("menuitem", words.share));
          await locate(page, role("dialog", words.link));
          const all = await told();
          // What is behind a modal dialog is not told.
          expect(named(all, "navigation")).toEqual([]);
          await page.press("Escape");
          await noDialog();
          await inApp();
        });

        step("runs a command by keys", async () => {
          await page.press("Control+Alt+Space");
          await click(page, role("menuitem", words.run));
          await focusIs("textbox", words.command);
          await page.type("foot --app-id=by-command");
          await page.press("Enter");
          await desk.window("by-command");
        });

        step("says by its choice of windows which one is next", async () => {
          const { keyboard } = page.tab;
          await keyboard.down("Control");
          await keyboard.down("Alt");
          await keyboard.press("Tab");
          expect(named(await told(), "listbox")).toEqual([words.windows]);
          await settles(
            "the spoken title",
            () => page.evaluate(() => document.querySelector(".spoken")?.textContent),
            (text) => text?.includes("note.txt") ?? false,
          );
          await keyboard.up("Alt");
          await keyboard.up("Control");
          await settles(
            "the window",
            async () => (await desk.window(EDITOR)).state,
            (state) => state.includes("active"),
          );
        });

        step("says what is wrong with a link that was used", async (stage) => {
          const other = await ChromiumBrowser.start();
          try {
            page = await other.newPage();
            await page.goto(`${stage.usedLink}&lang=${words.lang}`);
            await settles(
              "the explanation",
              async () => named(await told(), "heading"),
              (headings) => headings.includes(words.usedTitle),
            );
          } finally {
            await other.close();
          }
        });
      },
    );

    /** What has the focus can be seen to have it, and nothing cuts that off. */
    async function visiblyFocused(): Promise<void> {
      const ring = await page.evaluate(() => {
        const element = document.activeElement as HTMLElement;
        const { outlineStyle, outlineWidth, outlineOffset } = getComputedStyle(element);
        const box = element.getBoundingClientRect();
        const around = parseFloat(outlineWidth) + parseFloat(outlineOffset);
        const clips = (one: HTMLElement) => getComputedStyle(one).overflow !== "visible";
        let clipped = false;
        for (let one = element.parentElement; one !== null; one = one.parentElement) {
          if (!clips(one)) continue;
          const { left, top, right, bottom } = one.getBoundingClientRect();
          clipped ||= box.left - around < left - 0.5 || box.right + around > right + 0.5;
          clipped ||= box.top - around < top - 0.5 || box.bottom + around > bottom + 0.5;
        }
        return { drawn: outlineStyle !== "none" && parseFloat(outlineWidth) >= 2, clipped };
      });
      expect(ring).toEqual({ drawn: true, clipped: false });
    }
  });

  whereAble(`a phone's screen reader, ${words.lang}`, Chromium.hindrance, () => {
    let page: ChromiumPage;
    const device = { width: 390, height: 844, scale: 2, phone: true };

    story(
      `a phone's screen reader, ${words.lang},`,
      () => Stage.set({ start: () => ChromiumBrowser.start(device) }, { apps: APPS }),
      (step) => {
        step("has names for its bar and its keys, all of which fit", async (stage) => {
          const desk = await stage.open(`&lang=${words.lang}`);
          page = desk.page as ChromiumPage;
          await stage.host.run("foot", "--log-level=error");
          await desk.window("foot");
          await click(page, role("button", words.keyboard));
          await locate(page, role("toolbar", words.keys));
          const all = await accessible(page);
          expect(nameless(all)).toEqual([]);
          expect(named(all, "button")).toEqual(expect.arrayContaining(["Esc", "Tab", "Ctrl", "Alt"]));
          const cut = await page.evaluate(() =>
            [...document.querySelectorAll<HTMLElement>(".keybar-page:not([hidden]) button")]
              .slice(0, 10)
              .filter((key) => {
                const { left, right } = key.getBoundingClientRect();
                return left < 0 || right > innerWidth || key.scrollWidth > key.clientWidth;
              })
              .map((key) => key.textContent),
          );
          expect(cut).toEqual([]);
          await click(page, role("button", words.keyboard));
        });

        step("gives the keyboard back when the list of windows is left", async () => {
          await click(page, role("button", words.windows));
          await locate(page, role("dialog", words.windows));
          expect(nameless(await accessible(page))).toEqual([]);
          await page.press("Escape");
          await settles(
            "the app's keyboard",
            () => page.evaluate(() => document.activeElement?.tagName),
            (tag) => tag === "TEXTAREA",
          );
        });
      },
    );
  });
}
