/** More than text is copied and pasted: HTML and pictures, out of the session and into it. */

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { Engine } from "../src/browsers/browser";
import type { Desk } from "../src/desk";
import { forEachEngine, whereAble } from "../src/each";
import { all, click, role } from "../src/elements";
import { Pasteboard, type Rich } from "../src/pasteboard";
import { decodePng, encodePng, type Picture } from "../src/png";
import { lacking } from "../src/programs";
import { Stage } from "../src/stage";
import { story, type Step } from "../src/story";
import { pause, settles, until } from "../src/wait";

const HTML = "<b>Grüße</b> <i>世界</i>";
/** An app that copies and pastes when it is told to by a letter. */
const APP = `cd "$(dirname "$0")"
while read -r word; do
  case "$word" in
    *h) wl-copy -t text/html < copied.html ;;
    *p) wl-copy -t image/png < copied.png ;;
    *v) for kind in text/html image/png; do
          file="pasted.\${kind#*/}"
          wl-paste -n -t "$kind" > "$file.part" 2> /dev/null && mv "$file.part" "$file"
        done ;;
  esac
done
`;

const missing = lacking("wl-copy", "wl-paste", "foot");
const hindrance = missing.length === 0 ? null : `${missing.join(" and ")} not installed`;

whereAble("a rich clipboard", hindrance, () => {
  forEachEngine("a rich clipboard", (engine: Engine) => {
    let desk: Desk;

    story(
      `a rich clipboard, ${engine.name},`,
      () => Stage.set(engine, {}),
      (step) => {
        const picturing: Step = (title, act) =>
          engine.pictureless === null
            ? step(title, act)
            : test.skip(`${title} (skipped: ${engine.pictureless})`);
        step("belongs to an app", async (stage) => {
          writeFileSync(stage.host.file("app"), APP);
          writeFileSync(stage.host.file("copied.html"), HTML);
          writeFileSync(stage.host.file("copied.png"), encodePng(picture(1)));
          await stage.host.run("foot", "--log-level=error", "sh", stage.host.file("app"));
          desk = await stage.open();
          await desk.window("foot");
        });

        step("takes HTML out of it", async (stage) => {
          await tell("h");
          await copied(stage, ({ "text/html": html = "" }) => plainly(html).includes(HTML));
        });

        picturing("takes a picture out of it", async (stage) => {
          await tell("p");
          await copied(
            stage,
            ({ "image/png": png }) => png !== undefined && shows(Buffer.from(png, "base64"), 1),
          );
        });

        step("brings HTML into it", async (stage) => {
          await elsewhere(stage, { "text/html": HTML });
          await pasted(stage, "pasted.html", (file) => plainly(file.toString()).includes(HTML));
        });

        picturing("brings a picture into it", async (stage) => {
          await elsewhere(stage, { "image/png": encodePng(picture(2)).toString("base64") });
          await pasted(stage, "pasted.png", (file) => shows(file, 2));
        });

        step("leaves no complaints", async (stage) => {
          expect(stage.browser.complaints).toEqual([]);
        });
      },
    );

    /** Writes a letter and ends the line, in the app's window. */
    async function tell(letter: string): Promise<void> {
      await desk.page.toFront();
      await desk.focus(await desk.window("foot"));
      await desk.page.type(letter);
      await desk.page.press("Enter");
    }

    /**
     * Waits for what another page pastes. Where browsers let nothing out by itself, the page has a button.
     */
    async function copied(stage: Stage, wanted: (pasted: Rich) => boolean): Promise<void> {
      const board = await Pasteboard.of(stage.browser);
      const look = async () => {
        await desk.page.toFront();
        await pause(300);
        const copy = role("button", "Copy");
        if ((await all(desk.page, copy)).length > 0) await click(desk.page, copy);
        await pause(300);
        return board.paste();
      };
      await settles("the clipboard", look, wanted);
      await board.close();
    }

    async function elsewhere(stage: Stage, content: Rich): Promise<void> {
      const board = await Pasteboard.of(stage.browser);
      await board.copy(content);
      await board.close();
    }

    async function pasted(stage: Stage, name: string, wanted: (file: Buffer) => boolean): Promise<void> {
      await desk.page.toFront();
      await desk.focus(await desk.window("foot"));
      await desk.page.press("Control+v");
      await tell("v");
      const file = stage.host.file(name);
      await until(name, () => existsSync(file) && wanted(readFileSync(file)));
    }
  });
});

/** HTML without what engines add to it when they put it on the clipboard. */
function plainly(html: string): string {
  return html
    .replace(/<(\w+) [^>]*>/g, "<$1>")
    .replace(/<\/?span>/g, "")
    .replaceAll("\u00a0", " ");
}

/** A small picture that looks like no other. */
function picture(seed: number): Picture {
  const [width, height] = [9, 7];
  const rgba = Uint8Array.from({ length: width * height * 4 }, (_, at) =>
    at % 4 === 3 ? 255 : (at * 37 * seed + seed) % 256,
  );
  return { width, height, rgba };
}

/** Browsers encode pictures anew. */
function shows(png: Buffer, seed: number): boolean {
  const { width, height, rgba } = decodePng(png);
  const wanted = picture(seed);
  return width === wanted.width && height === wanted.height && Buffer.compare(rgba, wanted.rgba) === 0;
}
