/** Another page of the browser, on which people copy and paste more than text. */

import type { Browser, Page } from "./browsers/browser";
import { Foreign } from "./foreign";
import { settles, until } from "./wait";

/** What is copied or pasted: HTML, or a picture as a PNG file. */
export interface Rich {
  "text/html"?: string;
  /** Base64. */
  "image/png"?: string;
}

/** Copies what `next` holds by Ctrl+C, and keeps in `pasted` what Ctrl+V brings. Runs in the page. */
const PAGE = `<!doctype html><title>Other</title><body tabindex="0">words to copy<script>
  let next = {}, copied = false, pasted = null;
  addEventListener("copy", (event) => {
    event.preventDefault();
    const { "text/html": html, "image/png": png } = next;
    if (html) event.clipboardData.setData("text/html", html);
    if (!png) return void (copied = true);
    const file = new Blob([Uint8Array.from(atob(png), (letter) => letter.charCodeAt(0))], { type: "image/png" });
    const done = navigator.clipboard.write([new ClipboardItem({ "image/png": file })]);
    done.then(() => (copied = true), (error) => (copied = String(error)));
  });
  addEventListener("paste", async ({ clipboardData }) => {
    const html = clipboardData.getData("text/html");
    const png = [...clipboardData.files].find(({ type }) => type === "image/png");
    const bytes = png ? new Uint8Array(await png.arrayBuffer()) : null;
    pasted = { ...(html && { "text/html": html }), ...(bytes && { "image/png": btoa(String.fromCharCode(...bytes)) }) };
  });
</script>`;

export class Pasteboard {
  private constructor(
    private readonly page: Page,
    private readonly server: Foreign,
  ) {}

  static async of(browser: Browser): Promise<Pasteboard> {
    const server = await Foreign.start(PAGE);
    const page = await browser.newPage();
    await page.goto(server.origin);
    return new Pasteboard(page, server);
  }

  async copy(content: Rich): Promise<void> {
    await this.begin();
    await this.page.evaluate((content: string) => {
      (0, eval)(`next = ${content}; copied = false;`);
    }, JSON.stringify(content));
    await this.page.press("Control+c");
    await settles(
      "the copy",
      () => this.page.evaluate(() => (0, eval)("copied") as boolean | string),
      (copied) => copied === true,
    );
  }

  async paste(): Promise<Rich> {
    await this.begin();
    await this.page.evaluate(() => void (0, eval)("pasted = null"));
    await this.page.press("Control+v");
    return until("a paste", () => this.page.evaluate(() => (0, eval)("pasted") as Rich | null), 5000);
  }

  async close(): Promise<void> {
    await this.page.close();
    await this.server.stop();
  }

  private async begin(): Promise<void> {
    await this.page.toFront();
    await this.page.evaluate(() => {
      document.body.focus();
      // Engines copy only where something is selected.
      getSelection()?.selectAllChildren(document.body);
    });
  }
}
