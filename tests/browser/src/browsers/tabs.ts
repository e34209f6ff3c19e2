/**
 * Chromium on a screen as people have one. Its tabs are hidden while another one is in front: Playwright
 * makes each believe that somebody looks at it, and Puppeteer keeps Chromium from sparing what nobody sees.
 * Device pixels are the screen's own: those that the drivers emulate are only a magnified picture where they
 * are not whole.
 */

import puppeteer from "puppeteer-core";
import { installed } from "../programs";
import type { Engine } from "./browser";
import { Chromium, QUIET } from "./chromium";
import { PuppeteerBrowser } from "./puppeteer";

export const ChromiumTabs: Engine = {
  name: "Chromium",
  get hindrance() {
    return Chromium.hindrance;
  },
  transports: Chromium.transports,
  pictureless: null,
  start: () => onScreen(1),
};

const KEEPS_AWAKE = [
  "--disable-backgrounding-occluded-windows",
  "--disable-renderer-backgrounding",
  "--disable-background-timer-throttling",
];

/** On a screen of so many device pixels per CSS pixel; zooming the page does the same. */
export async function onScreen(ratio: number): Promise<PuppeteerBrowser> {
  const executablePath = installed("chromium");
  if (!executablePath) throw new Error("chromium is not installed");
  const driver = await puppeteer.launch({
    browser: "chrome",
    executablePath,
    headless: true,
    acceptInsecureCerts: true,
    args: [...QUIET, "--window-size=1280,900", `--force-device-scale-factor=${ratio}`],
    ignoreDefaultArgs: KEEPS_AWAKE,
    defaultViewport: null,
  });
  return new PuppeteerBrowser("Chromium", driver);
}
