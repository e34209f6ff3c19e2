import type { Browser, Page } from "./browsers/browser";
import { Foreign } from "./foreign";
import { settles } from "./wait";

/** The browser's clipboard, written and read as a person would: with another page, by keys. */
export class Clipboard {
  private constructor(
    private readonly page: Page,
    private readonly server: Foreign,
  ) {}

  static async of(browser: Browser): Promise<Clipboard> {
    const server = await Foreign.start("<!doctype html><title>Other</title><textarea></textarea>");
    const page = await browser.newPage();
    await page.goto(server.origin);
    return new Clipboard(page, server);
  }

  /** Copies `text` there. */
  async write(text: string): Promise<void> {
    await this.fill(text);
    await this.page.press("Control+a");
    await this.page.press("Control+c");
  }

  /** What is pasted there. */
  async read(): Promise<string> {
    await this.fill("");
    await this.page.press("Control+v");
    return settles(
      "a paste",
      () => this.text(),
      (text) => text !== "",
      5000,
    );
  }

  async close(): Promise<void> {
    await this.page.close();
    await this.server.stop();
  }

  private async fill(text: string): Promise<void> {
    await this.page.toFront();
    await this.page.evaluate((text: string) => {
      const area = document.querySelector("textarea") as HTMLTextAreaElement;
      area.value = text;
      area.focus();
    }, text);
  }

  private text(): Promise<string> {
    return this.page.evaluate(() => (document.querySelector("textarea") as HTMLTextAreaElement).value);
  }
}
