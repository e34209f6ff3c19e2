/**
 * The WebAssembly of `zstddec` as a file of its own. The package holds it as text within its script and
 * fetches it from a `data:` address, which our content security policy forbids, and which is a third larger.
 */

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Plugin } from "vite";

/** The module's bytes. */
export function zstdModule(): Uint8Array<ArrayBuffer> {
  const script = readFileSync(createRequire(import.meta.url).resolve("zstddec"), "utf8");
  const text = /\bwasm\s*=\s*['"]([A-Za-z0-9+/=]+)['"]/.exec(script)?.[1];
  if (text === undefined) throw new Error("zstddec has changed its form: mend viewer/web/build/zstd.ts");
  return new Uint8Array(Buffer.from(text, "base64"));
}

/** Resolves `virtual:zstd` to the address of the module. */
export function zstd(): Plugin {
  let serving = false;
  return {
    name: "zstd",
    configResolved: (config) => {
      serving = config.command === "serve";
    },
    resolveId: (id) => (id === "virtual:zstd" ? "\0zstd" : null),
    load(id) {
      if (id !== "\0zstd") return null;
      if (serving) {
        const base64 = Buffer.from(zstdModule()).toString("base64");
        return `export default "data:application/wasm;base64,${base64}"`;
      }
      const file = this.emitFile({ type: "asset", name: "zstd.wasm", source: zstdModule() });
      return `export default import.meta.ROLLUP_FILE_URL_${file}`;
    },
  };
}
