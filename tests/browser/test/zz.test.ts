import { test } from "vitest";
import { Chromium } from "../src/browsers/chromium";
import { Stage } from "../src/stage";
import { Desk } from "../src/desk";
import { pause } from "../src/wait";
test("x", async () => {
  const s = await Stage.set(Chromium, { command: ["l3afpad"] });
  try {
    const d = await s.open();
    const w = await d.window("l3afpad");
    await d.focus(w);
    const p = await d.page.opened(() => d.clickPart(w, "Pop out"));
    const o = new Desk(p);
    const x = await o.window("l3afpad");
    await p.screenshot("/tmp/bt/p0.png");
    const st = () =>
      p.evaluate(() => [
        document.hasFocus(),
        document.activeElement?.outerHTML.slice(0, 200),
        document.body.outerHTML.slice(0, 1500),
      ]);
    console.log(await st());
    await p.evaluate(() => {
      (globalThis as any).ev = [];
      for (const n of ["pointerdown", "mousedown", "keydown", "focus", "blur", "focusin"])
        addEventListener(
          n,
          (e) => (globalThis as any).ev.push([n, (e.target as any)?.tagName, e.defaultPrevented]),
          true,
        );
    });
    console.log(x);
    await o.focus(x);
    await p.type("abc");
    await pause(500);
    console.log(await p.evaluate(() => (globalThis as any).ev));
    await p.screenshot("/tmp/bt/p1.png");
    console.log(
      s.browser.complaints,
      await d.page.evaluate(() => [document.hasFocus(), document.activeElement?.outerHTML.slice(0, 200)]),
    );
  } finally {
    await s.clear();
  }
}, 60000);
