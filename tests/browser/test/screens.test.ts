/**
 * Every screen of the page, as axe and eyes find it: in both languages, light, dark and in forced colours, on
 * a desk and on a phone, and with text twice as large as usual.
 */

import { expect } from "vitest";
import { violations } from "../src/axe";
import { Chromium, ChromiumBrowser, type ChromiumPage, type Device } from "../src/browsers/chromium";
import { Desk } from "../src/desk";
import { whereAble } from "../src/each";
import { click, gone, locate, role, type Wanted } from "../src/elements";
import { illegible } from "../src/legible";
import { Stage } from "../src/stage";
import { story } from "../src/story";
import { settles } from "../src/wait";

const EDITOR = "l3afpad";
const APPS = [
  { id: EDITOR, name: "Test editor", exec: "l3afpad HOME/note.txt" },
  { id: "broken", name: "Broken app", exec: 'sh -c "echo the colour is missing >&2; exit 3"' },
];

const DESK: Device = { width: 1280, height: 800, scale: 1, phone: false };
const PHONE: Device = { width: 390, height: 844, scale: 2, phone: true };

/** The same places, as they are called in both languages. */
const LANGUAGES = {
  en: {
    apps: "Apps",
    keyboard: "Keyboard",
    keys: "Keys",
    leave: "Leave session…",
    more: "More",
    run: "Run command…",
    settings: "Settings…",
    share: "Share…",
    shortcuts: "Shortcuts",
    view: "May only watch",
    windows: "Windows",
  },
  zh: {
    apps: "应用",
    keyboard: "键盘",
    keys: "按键",
    leave: "离开会话…",
    more: "更多",
    run: "运行命令…",
    settings: "设置…",
    share: "分享…",
    shortcuts: "快捷键",
    view: "只能观看",
    windows: "窗口",
  },
};

/** Forced colours take the place of either theme's; axe reads the page's own. */
const LOOKS = [
  { colorScheme: "light", forcedColors: "active" },
  { colorScheme: "light", forcedColors: "none" },
  { colorScheme: "dark", forcedColors: "none" },
] as const;

/** The theme that the page shows; none while anything still changes to it. */
function themeShown(): string | undefined {
  return document.getAnimations().length === 0 ? document.documentElement.dataset.theme : undefined;
}

/** Text as large as browsers have it at first, and twice as large. */
const USUAL = 16;
const LARGE = 32;

/** Each language on each device, and each of them with text of each size. */
const CASES = [
  ["en", "a desk", DESK, USUAL],
  ["zh", "a desk", DESK, LARGE],
  ["en", "a phone", PHONE, LARGE],
  ["zh", "a phone", PHONE, USUAL],
] as const;

for (const [lang, where, device, size] of CASES) {
  const name = `the screens of ${where}, ${lang}, text of ${size}`;
  const words = LANGUAGES[lang];
  const flags = [`--blink-settings=defaultFontSize=${size},defaultFixedFontSize=${size}`];
  whereAble(name, Chromium.hindrance, () => {
    let page: ChromiumPage;
    let desk: Desk;
    const set = () => Stage.set({ start: () => ChromiumBrowser.start(device, flags) }, { apps: APPS });

    story(name, set, (step) => {
      step("entering", async (stage) => {
        await begin(stage);
        await page.goto(`${stage.host.origin}/#lang=${lang}`);
        await isFine({ selector: ".entering-link" });
        await page.close();
      });

      step("an empty desk", async (stage) => {
        await begin(stage);
        desk = await Desk.open(page, `${stage.host.link}&lang=${lang}`);
        await isFine({ selector: ".empty-desk button" });
      });

      step("the menu of apps", async () => {
        await menu();
        await isFine(role("menuitem", "Test editor"));
        await click(page, { selector: ".search input" });
        await page.type("test");
        await isFine({ selector: ".app.hit" });
        await page.type("zzz");
        await isFine({ selector: ".app.hit" });
        await page.press("Escape");
      });

      step("a command", async () => {
        await menu();
        await click(page, role("menuitem", words.run));
        await isFine({ selector: ".start-run input" });
        await page.press("Escape");
      });

      step("windows", async (stage) => {
        await stage.host.run(EDITOR);
        await desk.window(EDITOR);
        await isFine({ selector: "[data-track]" });
      });

      step("dialogs", async () => {
        for (const which of [words.share, words.settings, words.leave]) {
          await menu();
          await click(page, role("menuitem", which));
          await isFine(role("dialog"));
          if (which === words.share) {
            await click(page, role("button", words.view));
            await isFine({ selector: ".share-link" });
          }
          await page.press("Escape");
          await gone(page, { selector: "dialog" });
        }
      });

      step("the connection", async () => {
        await page.press("Control+Alt+i");
        await isFine({ selector: ".panel" });
        await page.press("Escape");
      });

      step("an app that failed", async () => {
        await menu();
        await click(page, role("menuitem", "Broken app"));
        await isFine({ selector: ".toast button" });
        await click(page, { selector: ".toast button" });
        await isFine({ selector: ".sheet-output" });
        await page.press("Escape");
      });

      if (device.phone) onPhone();
      else onDesk();

      step("a page that may only watch", async (stage) => {
        await begin(stage);
        const watching = await Desk.open(page, `${stage.host.viewLink}&lang=${lang}`);
        // What is judged is at rest: the bar changes when the windows have come.
        await watching.window(EDITOR);
        await isFine({ selector: ".banner-view" });
        await menu();
        await isFine({ selector: ".apps-empty" });
      });

      function onPhone(): void {
        step("cards, keys and the menu of a window", async () => {
          await click(page, role("button", words.windows));
          await isFine({ selector: ".card-pick" });
          await page.press("Escape");
          await click(page, role("button", words.keyboard));
          await isFine(role("toolbar", words.keys));
          await click(page, role("button", words.keyboard));
          await click(page, role("button", words.more));
          await isFine(role("menu"));
          await page.press("Escape");
        });
      }

      function onDesk(): void {
        step("menus, and the choice of windows", async () => {
          await page.press("Control+Alt+w");
          await isFine(role("menu"));
          await page.press("Escape");
          await menu();
          await click(page, role("menuitem", words.shortcuts));
          await isFine(role("menu"));
          await page.press("Escape");
          const { keyboard } = page.tab;
          await keyboard.down("Control");
          await keyboard.down("Alt");
          await keyboard.press("Tab");
          await isFine({ selector: ".cycle" });
          await keyboard.up("Alt");
          await keyboard.up("Control");
        });
      }
    });

    async function begin(stage: Stage): Promise<void> {
      page = (await stage.browser.newPage()) as ChromiumPage;
      stage.pages.push(page);
      await page.tab.emulateMedia({ reducedMotion: "reduce" });
    }

    async function menu(): Promise<void> {
      await click(page, role("button", words.apps));
      await locate(page, { selector: ".start" });
    }

    /** What is shown can be read and used, however it looks. */
    async function isFine(wanted: Wanted): Promise<void> {
      await locate(page, wanted);
      for (const look of LOOKS) {
        await page.tab.emulateMedia(look);
        await settles(
          "the look",
          () => page.evaluate(themeShown),
          (theme) => theme === look.colorScheme,
        );
        const found = [...(await violations(page)), ...(await illegible(page))];
        expect({ ...wanted, ...look, found: found.join("\n") }).toEqual({
          ...wanted,
          ...look,
          found: "",
        });
      }
    }
  });
}
