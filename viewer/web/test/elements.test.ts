/**
 * The rooms that are free of the page compile where there is no page: they name no element, no document and
 * no window. The worker runs some of them, and tests run all without a browser.
 */

import { readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { expect, test } from "vitest";

const SRC = fileURLToPath(new URL("../src", import.meta.url));
const ROOMS = ["protocol", "session", "decode", "present/model"];

/** A file that names the page, as if it stood in one of the rooms. */
const PLANTED = { path: join(SRC, "session/planted.ts"), text: 'document.title = "x"; export {};' };

/** What the compiler says of modules that know workers but no page: by file. */
function faults(): string[] {
  const options: ts.CompilerOptions = {
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    lib: ["lib.es2023.d.ts", "lib.webworker.d.ts"],
    types: [],
    strict: true,
    noUncheckedIndexedAccess: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: true,
    noEmit: true,
  };
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists } = host;
  host.fileExists = (path) => path === PLANTED.path || fileExists(path);
  host.getSourceFile = (path, ...more) =>
    path === PLANTED.path
      ? ts.createSourceFile(path, PLANTED.text, ts.ScriptTarget.ES2022)
      : getSourceFile(path, ...more);
  const files = ROOMS.flatMap((room) =>
    readdirSync(join(SRC, room))
      .filter((name) => /\.ts$/.test(name) && !/\.(test|fixture)\.ts$/.test(name))
      .map((name) => join(SRC, room, name)),
  );
  const program = ts.createProgram([...files, PLANTED.path], options, host);
  return ts
    .getPreEmitDiagnostics(program)
    .map(
      ({ file, messageText }) => `${file?.fileName}: ${ts.flattenDiagnosticMessageText(messageText, "\n")}`,
    );
}

test("the core, the decoders and the windows' rules name nothing of a page; what is planted there is found", () => {
  const found = faults();
  expect(found.filter((fault) => fault.startsWith(PLANTED.path))).toHaveLength(1);
  expect(found.filter((fault) => !fault.startsWith(PLANTED.path))).toEqual([]);
});
