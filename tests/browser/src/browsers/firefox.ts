/** Debian's Firefox, driven by Puppeteer over WebDriver BiDi. */

import puppeteer from "puppeteer-core";
import { installed } from "../programs";
import type { Engine } from "./browser";
import { PuppeteerBrowser } from "./puppeteer";

export const Firefox: Engine = {
  name: "Firefox",
  get hindrance() {
    return installed("firefox-esr") === null ? "firefox-esr is not installed" : null;
  },
  transports: ["webtransport", "websocket"],
  pictureless: "without a screen it has a clipboard for text and HTML only",
  start,
};

async function start(): Promise<PuppeteerBrowser> {
  const executablePath = installed("firefox-esr");
  if (!executablePath) throw new Error("firefox-esr is not installed");
  const driver = await puppeteer.launch({
    browser: "firefox",
    executablePath,
    headless: true,
    acceptInsecureCerts: true,
    // Room for the browser's own bars.
    args: ["--width=1280", "--height=886"],
    defaultViewport: null,
  });
  return new PuppeteerBrowser("Firefox", driver);
}
