/** What the other tests rely on: that a browser driven from here does what it does for a person. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Browser, Page } from "../src/browsers/browser";
import { Clipboard } from "../src/clipboard";
import { forEachEngine } from "../src/each";
import { Foreign } from "../src/foreign";
import { settles } from "../src/wait";

/** As strict as the host's. */
const POLICY = "default-src 'none'; form-action 'none'; require-trusted-types-for 'script'";
const PAGE = "<!doctype html><title>Test</title><textarea aria-label=Text></textarea>";

forEachEngine("a driven browser", (engine) => {
  let directory: string;
  let server: Foreign;
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), "dormer-browser-"));
    server = await Foreign.start(PAGE, { "Content-Security-Policy": POLICY });
    browser = await engine.start(directory);
    page = await browser.newPage();
    await page.goto(server.origin);
  });

  afterAll(async () => {
    await browser?.close();
    await server?.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  test("types letters of keyboards and of input methods, and clicks", async () => {
    await page.move(30, 20);
    await page.down();
    await page.up();
    await page.type("Grüße 世界");
    await settles(
      "the text",
      () => page.evaluate(() => document.querySelector("textarea")?.value),
      (text) => text === "Grüße 世界",
    );
  });

  test("has a window as large as asked", async () => {
    await page.resize(900, 700);
    const size = () => page.evaluate(() => [innerWidth, innerHeight]);
    await settles("the size", size, ([width, height]) => width === 900 && height === 700);
  });

  test("has a clipboard that other pages fill and read", async () => {
    const clipboard = await Clipboard.of(browser);
    await clipboard.write("from elsewhere, 世界");
    expect(await clipboard.read()).toBe("from elsewhere, 世界");
    await page.toFront();
    await page.press("Control+a");
    await page.press("Control+v");
    await settles(
      "the pasted text",
      () => page.evaluate(() => document.querySelector("textarea")?.value),
      (text) => text === "from elsewhere, 世界",
    );
    await clipboard.close();
  });

  test("opens windows when the page asks for them in a click", async () => {
    await page.evaluate(() => addEventListener("click", () => open("", "", "popup,width=300,height=200")));
    const popup = await page.opened(async () => {
      await page.move(400, 400);
      await page.down();
      await page.up();
    });
    await popup.evaluate(() => (document.title = "opened"));
    expect(await popup.evaluate(() => document.title)).toBe("opened");
    expect(await page.evaluate(() => document.title)).toBe("Test");
    await popup.close();
    await settles(
      "the end of the window",
      () => popup.open(),
      (open) => !open,
    );
  });
});
