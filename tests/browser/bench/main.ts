/** Measures the browser viewer in Chromium: `npm run bench -- [NAME…] [--quick] [--write]`. */

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Chromium } from "../src/browsers/chromium";
import { ROOT } from "../src/programs";
import { Effort } from "./effort";
import { latency } from "./latency";
import { loss } from "./loss";
import { motion } from "./motion";
import { markdown, row, type Row } from "./numbers";
import { page } from "./page";
import { returning } from "./returning";

const BENCHMARKS: Record<string, (effort: Effort) => Promise<Row[]>> = {
  page,
  latency,
  motion,
  returning,
  loss,
};

/** Where the table stands in docs/browsers.md. */
const [BEGIN, END] = ["<!-- figures -->", "<!-- end of figures -->"];

async function main(words: string[]): Promise<void> {
  const flags = words.filter((word) => word.startsWith("--"));
  const names = words.filter((word) => !word.startsWith("--"));
  const unknown = [
    ...flags.filter((flag) => !["--quick", "--write"].includes(flag)),
    ...names.filter((name) => !(name in BENCHMARKS)),
  ];
  if (unknown.length > 0)
    throw new Error(`what is ${unknown.join(" ")}? There are ${Object.keys(BENCHMARKS).join(" ")}`);
  const effort = new Effort(flags.includes("--quick"));
  const rows: Row[] = [];
  for (const [name, benchmark] of Object.entries(BENCHMARKS)) {
    if (names.length > 0 && !names.includes(name)) continue;
    process.stderr.write(`measuring ${name} in Chromium …\n`);
    rows.push(...(await outcome(name, benchmark, effort)));
  }
  const table = markdown(rows);
  process.stdout.write(`${table}\n`);
  if (flags.includes("--write")) write(table);
}

/** One that fails must not hide what the others found. */
async function outcome(
  name: string,
  benchmark: (effort: Effort) => Promise<Row[]>,
  effort: Effort,
): Promise<Row[]> {
  if (Chromium.hindrance !== null) return [row(name, `skipped: ${Chromium.hindrance}`)];
  try {
    return await benchmark(effort);
  } catch (error) {
    return [
      { what: name, measured: `failed: ${(error as Error).message.split("\n")[0]}`, goal: "", met: false },
    ];
  }
}

function write(table: string): void {
  const file = join(ROOT, "docs/browsers.md");
  const text = readFileSync(file, "utf8");
  const [before, after] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (before < 0 || after < before) throw new Error(`${file} has no place for figures`);
  writeFileSync(file, `${text.slice(0, before + BEGIN.length)}\n${table}\n${text.slice(after)}`);
}

main(process.argv.slice(2)).then(
  () => process.exit(0),
  (error: unknown) => {
    process.stderr.write(`bench: ${String(error)}\n`);
    process.exit(1);
  },
);
