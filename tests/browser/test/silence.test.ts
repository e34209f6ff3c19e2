/**
 * A host that says nothing any more, since it was killed or its network is gone: people see at once that
 * nobody answers them.
 */

import { expect } from "vitest";
import { Chromium, ChromiumBrowser, type Device } from "../src/browsers/chromium";
import type { Desk } from "../src/desk";
import { whereAble } from "../src/each";
import { all } from "../src/elements";
import { Impostor, type Says } from "../src/impostor";
import { networkHindrance } from "../src/network";
import { Stage } from "../src/stage";
import { story } from "../src/story";
import { TestApp } from "../src/testapp";
import { pause, settles, until } from "../src/wait";

const DESKTOP: Device = { width: 1280, height: 800, scale: 1, phone: false };
const PHONE: Device = { width: 390, height: 844, scale: 3, phone: true };
/** In how many milliseconds a dead host is given up; the links themselves need seven seconds and more. */
const SOON = 6_000;
/**
 * What answers in the place of a host that is gone: a network that wants a login, a proxy, a host that was
 * started anew.
 */
const OTHERS: Says[] = [
  { status: 200, type: "text/html", body: "<title>Welcome to our network</title>" },
  { status: 502, type: "text/plain", body: "Bad Gateway" },
  { status: 200, type: "application/json", body: '{"instance":"another"}' },
];
/** A bad network, on which nobody needs to be told anything. */
const BAD = { roundTrip: 300, loss: 0.03, rate: 4_000_000 };
/** For how long it is looked at, in milliseconds. */
const WHILE = 6_000;

const seats: [string, Device, (typeof Chromium.transports)[number]][] = [
  ["a desktop", DESKTOP, "webtransport"],
  ["a desktop", DESKTOP, "webrtc"],
  ["a desktop", DESKTOP, "websocket"],
  ["a phone", PHONE, "webtransport"],
  ["a phone", PHONE, "webrtc"],
];

for (const [seat, device, transport] of seats) {
  whereAble(`a silent host, ${seat}, ${transport}`, Chromium.hindrance ?? networkHindrance(), () => {
    let desk: Desk;
    let app: TestApp;
    const set = () => Stage.set({ start: () => ChromiumBrowser.start(device) }, { far: true });

    story(`a silent host, ${seat}, ${transport},`, set, (step) => {
      step("says nothing of it on a bad network", async (stage) => {
        app = await TestApp.start(stage.host, ["--size", "400x300"]);
        desk = await stage.open(`&only=${transport}&probe`);
        await desk.window(TestApp.ID);
        await stage.host.network.shape(BAD);
        await noteBanners();
        await pause(WHILE);
        expect(await banners()).toBe(0);
        await stage.host.network.shape({ roundTrip: 0, loss: 0, rate: 0 });
      });

      step("is told of while its network is cut, without giving up the link", async (stage) => {
        await stage.host.network.cut();
        await told();
        expect((await desk.link()).state).toBe("online");
        await stage.host.network.join();
        await untold();
        const { input } = await app.focus(desk, await desk.window(TestApp.ID));
        await desk.page.press("a");
        await settles(
          "the key",
          async () => (await app.state()).input,
          (now) => now > input,
        );
      });

      step("is told of when it was killed", async (stage) => {
        await desk.online();
        process.kill(stage.host.pid, "SIGKILL");
        await told();
        await over(desk);
      });
    });

    const BANNER = { selector: '[data-notice="connection"]', name: "Connection lost. Connecting again…" };

    async function told(): Promise<void> {
      // How soon that is, the link tells, which is still there: a busy machine's clock says nothing.
      await until("word of the silence", async () => (await all(desk.page, BANNER)).length === 1);
      // On a phone there is no room for it.
      const lit = { selector: '.bar-connection[data-light="reconnecting"]' };
      if (!device.phone) expect(await all(desk.page, lit)).toHaveLength(1);
    }

    async function untold(): Promise<void> {
      await until("the end of the silence", async () => (await all(desk.page, BANNER)).length === 0);
      await desk.online();
    }

    /** Counts in the page, so that none is missed between two looks. */
    function noteBanners(): Promise<void> {
      return desk.page.evaluate(() => {
        const noted = globalThis as unknown as { banners: number };
        noted.banners = 0;
        new MutationObserver((records) => {
          for (const { addedNodes } of records)
            for (const node of addedNodes)
              if ((node as HTMLElement).dataset?.notice === "connection") noted.banners++;
        }).observe(document.body, { childList: true, subtree: true });
      });
    }

    function banners(): Promise<number> {
      return desk.page.evaluate(() => (globalThis as unknown as { banners: number }).banners);
    }
  });
}

for (const transport of Chromium.transports) {
  for (const says of OTHERS) {
    const seat = `a host in whose place somebody says '${says.body}', ${transport},`;
    whereAble(seat, Chromium.hindrance, () => {
      story(
        seat,
        () => Stage.set(Chromium, {}),
        (step) => {
          step("is given up as soon as one that nobody answers for", async (stage) => {
            const desk = await stage.open(`&only=${transport}`);
            process.kill(stage.host.pid, "SIGKILL");
            const impostor = await Impostor.replace(stage.host, says);
            try {
              await over(desk);
            } finally {
              await impostor.stop();
            }
          });
        },
      );
    });
  }
}

/** Waits for the end of the link. */
async function over(desk: Desk): Promise<void> {
  await settles(
    "the end of the link",
    () => desk.link(),
    ({ state }) => state !== "online",
    SOON,
  );
  expect((await desk.link()).state).toBe("reconnecting");
}
