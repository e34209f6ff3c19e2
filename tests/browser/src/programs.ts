/** Where the programs under test and those of the system are. */

import { accessSync, constants, existsSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The root of the repository. */
export const ROOT = join(dirname(fileURLToPath(import.meta.url)), "../../..");

/** Where screenshots and logs of failures are kept. */
export const KEPT = join(ROOT, "target/browser-tests");

/** A program of ours. `DORMER_BINARIES=DIR` names a directory with ready ones. */
export function ours(name: "dormer" | "dormer-testapp" | "dormer-network"): string {
  const directory = process.env.DORMER_BINARIES ?? join(ROOT, "target/debug");
  const file = join(directory, name);
  if (!existsSync(file)) throw new Error(`${file} is missing: run \`cargo build --workspace --bins\``);
  return file;
}

/** The full path of a program of the system, or null. */
export function installed(name: string): string | null {
  const directories = `${process.env.PATH ?? ""}${delimiter}/usr/sbin${delimiter}/sbin`.split(delimiter);
  const found = directories.map((directory) => join(directory, name)).find(executable);
  return found ?? null;
}

/** Those of these programs of the system that are not there. */
export function lacking(...names: string[]): string[] {
  return names.filter((name) => installed(name) === null);
}

function executable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
