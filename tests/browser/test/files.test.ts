/**
 * Files to the session and back: by the panel, over a link that breaks in the middle, and by dropping them.
 */

import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect } from "vitest";
import { violations } from "../src/axe";
import { Chromium, ChromiumBrowser, type ChromiumPage } from "../src/browsers/chromium";
import { Desk } from "../src/desk";
import { whereAble } from "../src/each";
import { KEPT, ROOT } from "../src/programs";
import { Stage } from "../src/stage";
import { story } from "../src/story";
import { TestApp } from "../src/testapp";
import { settles, until } from "../src/wait";

/** Where screens are kept that people should look at. */
const LOOKS = join(KEPT, "files");

/** Longer than any one piece of an upload. */
const LARGE = 24 << 20;

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

/** What has the keyboard: its name, or `app` for the field of the apps. Runs in the page. */
function focused(): string {
  const element = document.activeElement as HTMLElement;
  if (element.tagName === "TEXTAREA") return "app";
  return element.ariaLabel ?? element.textContent ?? "";
}

whereAble("files", Chromium.hindrance, () => {
  let desk: Desk;
  let page: ChromiumPage;
  let own: string;
  const large = new Uint8Array(LARGE).map((_, n) => (n * 7 + (n >> 9)) % 251);

  beforeAll(() => {
    mkdirSync(LOOKS, { recursive: true });
    own = mkdtempSync(join(tmpdir(), "dormer-files-"));
    writeFileSync(join(own, "large ü.bin"), large);
    mkdirSync(join(own, "folder/inner"), { recursive: true });
    writeFileSync(join(own, "folder/one.txt"), "one");
    writeFileSync(join(own, "folder/inner/two.txt"), "two");
  });
  afterAll(() => rmSync(own, { recursive: true, force: true }));

  /** The lines of a list of the panel. */
  const listed = (title: string): Promise<string[]> =>
    page.evaluate(
      (title: string) =>
        [...document.querySelectorAll(`.share-list[aria-label="${title}"] li`)].map(
          (line) => line.textContent ?? "",
        ),
      title,
    );
  const line = (title: string, wanted: (line: string) => boolean) =>
    settles(
      title,
      () => listed(title),
      (lines) => lines.some(wanted),
      60_000,
    );

  story(
    "files",
    () => Stage.set(Chromium, {}),
    (step) => {
      step("the panel opens by keys and shows an empty inbox", async (stage) => {
        await TestApp.start(stage.host, ["--size", "400x300"]);
        desk = await stage.open();
        page = desk.page as ChromiumPage;
        await desk.window(TestApp.ID);
        await open();
        await settles(
          "the inbox",
          () => page.evaluate(() => document.querySelector(".files .sheet-said")?.textContent),
          (said) => said === "Nothing is here.",
        );
        expect(await violations(page)).toEqual([]);
      });

      step("an upload that is cut in the middle goes on, and arrives whole", async (stage) => {
        const network = (offline: boolean, bytes: number) =>
          page.cdp.send("Network.emulateNetworkConditions", {
            ...{ offline, latency: 0, downloadThroughput: -1, uploadThroughput: bytes },
          });
        await page.cdp.send("Network.enable");
        await network(false, 512 << 10);
        await choose(join(own, "large ü.bin"));
        await line("Uploads", (text) => /^large ü\.bin[1-9]/.test(text) && text.includes(" of 25"));
        expect(await violations(page)).toEqual([]);
        await page.screenshot(join(LOOKS, "uploading.png"));
        await network(true, 0);
        // Nothing comes any more, and nobody gives up.
        const part = () => listed("Uploads").then((lines) => lines[0]);
        const before = await part();
        await until("that it is offline", () => page.evaluate(() => !navigator.onLine));
        expect(before).toMatch(/ of 25/);
        expect(existsSync(stage.host.file("Inbox/large ü.bin"))).toBe(false);
        await network(false, -1);
        await line("Uploads", (text) => text.includes("in the inbox as large ü.bin"));
        expect(sha256(readFileSync(stage.host.file("Inbox/large ü.bin")))).toBe(sha256(large));
        await line("Content", (text) => text.startsWith("large ü.bin"));
        await page.screenshot(join(LOOKS, "uploaded.png"));
      });

      step("what is downloaded is what was uploaded", async (stage) => {
        symlinkSync("/etc/passwd", stage.host.file("Inbox/passwd"));
        // A change of networks ends what is under way; a browser's own downloads go on after that.
        const [name, digest] = await until("the download", () =>
          page.evaluate(async () => {
            const link = document.querySelector<HTMLAnchorElement>(".files-fetch");
            const bytes = await (await fetch(link?.href ?? "")).arrayBuffer();
            const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
            return [link?.download, [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("")];
          }),
        );
        expect([name, digest]).toEqual(["large ü.bin", sha256(large)]);
        await page.press("Escape");
        await settles(
          "the focus",
          () => page.evaluate(focused),
          (now) => now === "app",
        );
      });

      step("files and folders that are dropped on the page come to the inbox", async (stage) => {
        // Notices go by themselves.
        await page.evaluate(() => {
          const toasts = document.querySelector(".toasts") as HTMLElement;
          const note = () => (document.body.dataset["said"] += ` ${toasts.textContent}`);
          new MutationObserver(note).observe(toasts, { childList: true });
        });
        await drop([join(own, "folder"), join(own, "large ü.bin")], { x: 20, y: 20 });
        await settles(
          "the notice",
          () => page.evaluate(() => document.body.dataset["said"] ?? ""),
          (text) => text.includes("3 files are in the inbox."),
          60_000,
        );
        expect(readFileSync(stage.host.file("Inbox/folder/one.txt"), "utf8")).toBe("one");
        expect(readFileSync(stage.host.file("Inbox/folder/inner/two.txt"), "utf8")).toBe("two");
        // Nothing takes the place of what is there.
        expect(sha256(readFileSync(stage.host.file("Inbox/large ü (1).bin")))).toBe(sha256(large));
        // The page is still there.
        expect((await desk.link()).role).toBe("control");
      });

      step("files that are dropped onto an app's window arrive in it", async (stage) => {
        const log = stage.host.file("dropped");
        // Debian's own, which has what its packages bring along.
        const probe = join(ROOT, "tests/probes/dnd.py");
        await stage.host.run("env", "GDK_BACKEND=wayland", "/usr/bin/python3", probe, "files", log);
        const { canvas } = await desk.window("dnd.py");
        // A folder is one thing, and there is one of this name: what is in it came into that.
        const wanted = `got file://${stage.host.file("Inbox/folder")}\n`;
        const at = { x: canvas.x + canvas.width / 2, y: canvas.y + canvas.height / 2 };
        // A change of networks ends what is under way: people drop again.
        for (let tries = 3; stage.host.read("dropped") !== wanted; tries--) {
          await drop([join(own, "folder")], at);
          await settles(
            "the files in the app",
            () => stage.host.read("dropped"),
            (text) => text === wanted,
          ).catch((error: unknown) => (tries > 0 ? undefined : Promise.reject(error)));
        }
        expect(readFileSync(stage.host.file("Inbox/folder/one (1).txt"), "utf8")).toBe("one");
      });

      step("who only watches has no panel, and drops nothing", async (stage) => {
        const other = await ChromiumBrowser.start();
        try {
          const watching = await Desk.open(await other.newPage(), stage.host.viewLink);
          stage.pages.push(watching.page);
          await watching.window(TestApp.ID);
          const theirs = watching.page as ChromiumPage;
          await theirs.press("Control+Alt+Space");
          await settles(
            "the menu",
            () => theirs.evaluate(() => document.body.textContent ?? ""),
            (text) => text.includes("Settings…"),
          );
          expect(await theirs.evaluate(() => document.body.textContent?.includes("Files…"))).toBe(false);
          await drop([join(own, "folder/one.txt")], { x: 20, y: 20 }, theirs);
          const refused = await theirs.evaluate(async () => (await fetch("/api/files/home")).status);
          expect(refused).toBe(403);
          expect(existsSync(stage.host.file("Inbox/one.txt"))).toBe(false);
        } finally {
          await other.close();
        }
      });
    },
  );

  async function open(): Promise<void> {
    await page.press("Control+Alt+Space");
    const focus = (wanted: string) =>
      settles(
        "the focus",
        () => page.evaluate(focused),
        (now) => now === wanted,
      );
    await focus("Search apps");
    for (const entry of ["Leave session…", "Settings…", "Share…", "Files…"]) {
      await page.press("ArrowUp");
      await focus(entry);
    }
    await page.press("Enter");
    await focus("Inbox");
  }

  /** Chooses a file as people do in the browser's own dialog. */
  async function choose(file: string): Promise<void> {
    const { root } = await page.cdp.send("DOM.getDocument", {});
    const found = await page.cdp.send("DOM.querySelector", {
      ...{ nodeId: root.nodeId, selector: 'dialog input[type="file"]' },
    });
    await page.cdp.send("DOM.setFileInputFiles", { files: [file], nodeId: found.nodeId });
  }

  /** Drags files from outside of the browser and drops them. */
  async function drop(files: string[], at: { x: number; y: number }, onto = page): Promise<void> {
    const data = { items: [], files, dragOperationsMask: 1 };
    for (const type of ["dragEnter", "dragOver", "drop"] as const) {
      await onto.cdp.send("Input.dispatchDragEvent", { type, ...at, data });
    }
  }
});
