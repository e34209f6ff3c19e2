/**
 * Somebody at a Chromium, whom another program tells what to do: one JSON request a line on standard input,
 * one answer a line on standard output, `{"ok":…}` or `{"error":"…"}`. The end of the input ends both.
 */

import { createInterface } from "node:readline";
import { ChromiumBrowser } from "./browsers/chromium";
import { Clipboard } from "./clipboard";
import { Desk } from "./desk";
import { pause, settles } from "./wait";

/** What can be asked for. Windows are named by their app. */
type Request =
  | { do: "open"; link: string }
  | { do: "start"; name: string; app: string }
  | { do: "type"; app: string; text: string }
  | { do: "press"; app: string; chord: string }
  | { do: "pasted"; text: string }
  | { do: "screenshot"; file: string };

/** How long the page may take on a slow, busy machine, in ms. */
const STEP = 120_000;

const browser = await ChromiumBrowser.start();
const page = await browser.newPage();
const desk = new Desk(page);

async function answer(request: Request): Promise<unknown> {
  switch (request.do) {
    case "open":
      return opens(request.link);
    case "start":
      await desk.start(request.name);
      return desk.window(request.app);
    case "type":
      await desk.focus(await desk.window(request.app));
      return page.type(request.text);
    case "press":
      await desk.activate(await desk.window(request.app));
      return page.press(request.chord);
    case "pasted":
      return pasted(request.text);
    case "screenshot":
      return page.screenshot(request.file);
  }
}

/**
 * Opens a link, as somebody who loads the page again where it stays empty: Chromium gives up what it is
 * fetching when an address of the machine appears, as happens while a container starts.
 */
async function opens(link: string): Promise<unknown> {
  const end = Date.now() + STEP;
  for (;;) {
    try {
      await page.goto(link);
      return await desk.online();
    } catch (error) {
      if (Date.now() > end) throw error;
      await page.goto("about:blank");
    }
  }
}

/** Waits until another page is given this text when it pastes. */
async function pasted(text: string): Promise<void> {
  const clipboard = await Clipboard.of(browser);
  const look = async () => {
    await page.toFront();
    await pause(300);
    return clipboard.read();
  };
  await settles("the clipboard", look, (now) => now === text, STEP);
  await clipboard.close();
  await page.toFront();
}

for await (const line of createInterface({ input: process.stdin })) {
  const said = await answer(JSON.parse(line) as Request).then(
    (ok) => ({ ok: ok ?? null }),
    (error: unknown) => ({ error: String(error) }),
  );
  process.stdout.write(`${JSON.stringify(said)}\n`);
}
await browser.close();
