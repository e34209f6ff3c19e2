/** What a page of somebody else can do to a session whose cookie the browser holds: nothing. */

import { existsSync } from "node:fs";
import { afterAll, beforeAll, expect } from "vitest";
import type { Page } from "../src/browsers/browser";
import type { Desk } from "../src/desk";
import { forEachEngine } from "../src/each";
import { Foreign } from "../src/foreign";
import { Stage } from "../src/stage";
import { story } from "../src/story";
import { pause, settles } from "../src/wait";

const APP = "l3afpad";

forEachEngine("a foreign page", (engine) => {
  let foreign: Foreign;
  let desk: Desk;
  let attacker: Page;

  beforeAll(async () => {
    // The same machine, so the same site: cookies with SameSite go along, and the host must look at origins.
    foreign = await Foreign.start("<!doctype html><title>Elsewhere</title><body></body>");
  });
  afterAll(() => foreign?.stop());

  const set = () => Stage.set(engine, { command: [APP] });
  story(`a foreign page, ${engine.name},`, set, (step) => {
    step("is open while a session is", async (stage) => {
      desk = await stage.open();
      await desk.window(APP);
      attacker = await stage.browser.newPage();
      await attacker.goto(foreign.origin);
      stage.pages.push(attacker);
    });

    step("starts no program by a simple request", async (stage) => {
      const mark = stage.host.file("mark");
      const results = await attacker.evaluate(
        async (origin: string, mark: string) => {
          const body = JSON.stringify({ command: `touch ${mark}` });
          const kinds: RequestInit[] = [
            { mode: "no-cors", headers: { "Content-Type": "text/plain" } },
            { mode: "no-cors" },
            { mode: "cors", headers: { "Content-Type": "application/json" } },
          ];
          const attempt = (kind: RequestInit) =>
            fetch(`${origin}/api/run`, { method: "POST", credentials: "include", body, ...kind }).then(
              (answer) => answer.type,
              () => "refused",
            );
          return Promise.all(kinds.map(attempt));
        },
        stage.host.origin,
        mark,
      );
      // An opaque answer tells nothing; that it was a refusal is seen by its effect.
      expect(results.filter((kind) => kind !== "opaque" && kind !== "refused")).toEqual([]);
      // What would have been started would be there before what was asked for later.
      await stage.host.run("touch", stage.host.file("later"));
      await settles(
        "a later program",
        () => existsSync(stage.host.file("later")),
        (there) => there,
      );
      expect(existsSync(mark)).toBe(false);
    });

    step("would have been heard from the host's own page", async (stage) => {
      const mark = stage.host.file("own-mark");
      const status = await desk.page.evaluate(async (mark: string) => {
        const headers = { "Content-Type": "application/json" };
        const body = JSON.stringify({ command: `touch ${mark}` });
        return (await fetch("/api/run", { method: "POST", headers, body })).status;
      }, mark);
      expect(status).toBe(200);
      await settles(
        "the program's trace",
        () => existsSync(mark),
        (there) => there,
      );
    });

    step("gets no link", async (stage) => {
      const address = `${stage.host.origin.replace("https:", "wss:")}/api/link`;
      const result = await attacker.evaluate(
        (address: string) =>
          new Promise<string>((resolve) => {
            const socket = new WebSocket(address);
            socket.onopen = () => resolve("open");
            socket.onclose = () => resolve("refused");
          }),
        address,
      );
      expect(result).toBe("refused");
    });

    step("reads nothing", async (stage) => {
      const results = await attacker.evaluate(
        (origin: string) =>
          Promise.all(
            ["/api/apps", "/", "/api/join"].map((path) =>
              fetch(origin + path, { credentials: "include" }).then(
                () => "read",
                () => "refused",
              ),
            ),
          ),
        stage.host.origin,
      );
      expect(results).toEqual(["refused", "refused", "refused"]);
    });

    step("shows no session in a frame", async (stage) => {
      const joins = () => stage.host.log.match(/\bjoined\b/g)?.length ?? 0;
      const before = joins();
      expect(before).toBeGreaterThan(0);
      await attacker.evaluate(
        (origin: string) =>
          new Promise<void>((resolve) => {
            const frame = document.createElement("iframe");
            frame.onload = () => resolve();
            // Some engines tell nothing about a frame that was refused.
            setTimeout(resolve, 3000);
            frame.src = `${origin}/`;
            document.body.append(frame);
          }),
        stage.host.origin,
      );
      // As long as a page takes to join; the desk below shows that the host still takes orders.
      await pause(1000);
      expect(joins()).toBe(before);
    });

    step("has not touched the session", async (stage) => {
      await desk.page.toFront();
      expect((await desk.link()).state).toBe("online");
      await desk.focus(await desk.window(APP));
      expect(stage.host.running).toBe(true);
    });

    step("finds a used link useless", async (stage) => {
      // The link of the first page was used; the host keeps no copy, so the test reads it from before.
      const used = stage.usedLink;
      const other = await engine.start(stage.host.directory);
      try {
        const page = await other.newPage();
        await page.goto(used);
        await settles(
          "a refusal",
          () => page.evaluate(() => document.body.innerText),
          (words) => words.includes("This link cannot be used"),
        );
      } finally {
        await other.close();
      }
    });
  });
});
