import { describe } from "vitest";
import type { Engine } from "./browsers/browser";
import { ENGINES } from "./browsers/engines";

/** A suite for every engine. One that is not there is counted as skipped, and its name says why. */
export function forEachEngine(what: string, suite: (engine: Engine) => void): void {
  for (const engine of ENGINES) {
    const { hindrance } = engine;
    if (hindrance === null) describe(`${what}, ${engine.name}`, () => suite(engine));
    else skipped(`${what}, ${engine.name}`, hindrance, () => suite(engine));
  }
}

/** A suite that cannot run here, unless `hindrance` is null. */
export function whereAble(what: string, hindrance: string | null, suite: () => void): void {
  if (hindrance === null) describe(what, suite);
  else skipped(what, hindrance, suite);
}

function skipped(what: string, why: string, suite: () => void): void {
  process.stderr.write(`skipped: ${what}: ${why}\n`);
  describe.skip(`${what} (skipped: ${why})`, suite);
}
