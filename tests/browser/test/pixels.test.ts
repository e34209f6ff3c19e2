/**
 * What a canvas shows is what the host meant, in every browser: the golden vectors of tiles and videos,
 * copies of translucent pixels, and resizes, drawn by the viewer's own decoders on `viewer/web/test/pixels/`.
 */

import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { build, type Rollup } from "vite";
import { zstd } from "../../../viewer/web/build/zstd";
import type { Browser, Page } from "../src/browsers/browser";
import { forEachEngine } from "../src/each";
import { until } from "../src/wait";

interface Finding {
  name: string;
  worst: number;
  error: string | null;
}

/**
 * How far a value of a pixel may be off: lossless is lossless, and decoders round colours differently.
 * Firefox rounds translucent colours up where others round to the nearest, and takes videos of full range for
 * ones of limited range.
 */
function tolerance(engine: string, name: string): number {
  const video = name.startsWith("video");
  if (engine === "Firefox") return video ? 24 : 1;
  return video ? 3 : 0;
}

forEachEngine("pixels", (engine) => {
  let directory: string;
  let server: Server;
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), "dormer-browser-"));
    server = await served(fileURLToPath(new URL("../../../viewer/web/test/pixels", import.meta.url)));
    browser = await engine.start(directory);
    page = await browser.newPage();
    await page.goto(`http://localhost:${(server.address() as AddressInfo).port}/`);
  });

  afterAll(async () => {
    await browser?.close();
    server?.close();
    rmSync(directory, { recursive: true, force: true });
  });

  test("are those that the host meant", async () => {
    const findings = await until("the findings", () =>
      page.evaluate(() => (window as { findings?: Finding[] }).findings ?? null),
    );
    expect(findings.length).toBeGreaterThan(10);
    expect(
      findings.filter(({ name, worst, error }) => error !== null || worst > tolerance(engine.name, name)),
    ).toEqual([]);
  });
});

/** Builds a page and serves it from memory. */
async function served(root: string): Promise<Server> {
  const options = { write: false, target: "es2022", assetsInlineLimit: 0 };
  const built = await build({ configFile: false, root, logLevel: "warn", plugins: [zstd()], build: options });
  const files = new Map((built as Rollup.RollupOutput).output.map((file) => [`/${file.fileName}`, file]));
  const server = createServer(({ url }, response) => {
    const path = url === "/" ? "/index.html" : (url ?? "");
    const file = files.get(path);
    if (file === undefined) return response.writeHead(404).end();
    const type = path.endsWith(".js")
      ? "text/javascript"
      : path.endsWith(".html")
        ? "text/html"
        : "application/wasm";
    response.writeHead(200, { "Content-Type": type }).end(file.type === "chunk" ? file.code : file.source);
  });
  await new Promise<void>((resolve) => server.listen(0, "localhost", resolve));
  return server;
}
