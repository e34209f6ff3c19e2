/**
 * A browser whose network blocks UDP reaches the host through a TURN server, over TCP, with a login that the
 * host made.
 */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect } from "vitest";
import type { Engine } from "../src/browsers/browser";
import { Chromium, ChromiumBrowser } from "../src/browsers/chromium";
import { Carried } from "../src/carried";
import { whereAble } from "../src/each";
import { codecs } from "../src/report";
import { Stage } from "../src/stage";
import { story } from "../src/story";
import { TurnServer, turnHindrance } from "../src/turn";
import { settles } from "../src/wait";

const SECRET = "known-to-host-and-relay";

/**
 * Whoever runs a relay for others has a certificate for it that browsers trust; a test's own one they trust
 * only if told so.
 */
const TRUSTING: Pick<Engine, "start"> = {
  start: () => ChromiumBrowser.start(undefined, ["--ignore-certificate-errors"]),
};

for (const [how, tls] of [
  ["over TCP", false],
  ["over TLS", true],
] as const) {
  whereAble(`Chromium through a relay ${how}`, Chromium.hindrance ?? turnHindrance(), () => {
    let directory: string;
    let relay: TurnServer;

    beforeAll(async () => {
      directory = mkdtempSync(join(tmpdir(), "dormer-browser-"));
      relay = await TurnServer.start(SECRET, { tls });
    });

    afterAll(async () => {
      await relay?.stop();
      rmSync(directory, { recursive: true, force: true });
    });

    /** A host that names the relay, and knows this secret. */
    const set = (secret: string) => () => {
      const file = join(directory, "secret");
      writeFileSync(file, `${secret}\n`, { mode: 0o600 });
      const flags = ["--webrtc-ports", "0", "--turn", relay.uri, "--turn-secret-file", file];
      return Stage.set(tls ? TRUSTING : Chromium, { flags });
    };

    describe("that shares the secret", () => {
      story("a relay", set(SECRET), (step) => {
        let carried: Carried;

        step("carries keys and every pixel", async (stage) => {
          carried = await Carried.over(stage, "webrtc", "relay");
          await carried.keys();
          await carried.exact();
          expect(stage.browser.complaints).toEqual([]);
        });

        step("carries a film, as video, and then every pixel of it", async () => {
          await carried.app.motion(30);
          await settles(
            "video on the page",
            () => codecs(carried.desk),
            (codecs) => codecs.includes("h264"),
          );
          await carried.moves();
          await carried.app.motion(null);
          await carried.exact();
        });

        step("knows the viewer by a name that expires, and the secret is told to nobody", async (stage) => {
          expect(relay.log).toMatch(
            /user <\d{10}:s[0-9a-f]{16}>: incoming packet ALLOCATE processed, success/,
          );
          expect(stage.host.log).not.toContain(SECRET);
        });
      });
    });

    describe("that knows another secret", () => {
      story("a foreign relay", set("another"), (step) => {
        step("carries nothing", async (stage) => {
          const page = await stage.browser.newPage();
          stage.pages.push(page);
          await page.goto(`${stage.host.link}&relay`);
          // The page tries again once it is sure that the first try has failed.
          const refusals = () => relay.log.match(/user <\d{10}:\w+>: .* error 401: Unauthorized/g) ?? [];
          await settles("two refusals", refusals, ({ length }) => length >= 2);
          expect(await page.evaluate(() => document.documentElement.dataset.state)).toBe("connecting");
        });
      });
    });
  });
}
