/** What axe, the accessibility checker, finds wrong with a page as it is shown. */

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { ChromiumPage } from "./browsers/chromium";

const SOURCE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** Runs in the page; answers each rule that is broken, with the elements that break it. */
const RUN = `axe.run(document, { resultTypes: ["violations"] }).then(({ violations }) => {
  const why = ({ any, all }) => [...any, ...all].map(({ message }) => message).join("; ");
  const where = (node) => node.target.join(" ") + " (" + why(node) + ")";
  return violations.map(({ id, help, nodes }) => id + ": " + help + ": " + nodes.map(where).join(", "));
})`;

/** All violations now, in words. */
export async function violations({ cdp }: ChromiumPage): Promise<string[]> {
  // Of the debugger, whom the page's policy does not bind.
  const run = async (expression: string) => {
    const answer = await cdp.send("Runtime.evaluate", {
      expression,
      awaitPromise: true,
      returnByValue: true,
    });
    if (answer.exceptionDetails !== undefined) throw new Error(JSON.stringify(answer.exceptionDetails));
    return answer.result.value as unknown;
  };
  if ((await run("typeof axe")) === "undefined") await run(SOURCE);
  return (await run(RUN)) as string[];
}
