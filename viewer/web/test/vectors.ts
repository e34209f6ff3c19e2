/** The golden vectors of the protocol, which the Rust tests keep. */

import { readFileSync } from "node:fs";

export interface Vector {
  name: string;
  /** The message on the wire, in hexadecimal. */
  bytes: string;
  /** The message as JSON; binary data is a list of numbers. */
  message: unknown;
}

/** The vectors of one file of `protocol/vectors/`. */
export function vectors(file: string): Vector[] {
  return JSON.parse(readFileSync(new URL(`../../../protocol/vectors/${file}.json`, import.meta.url), "utf8"));
}

export const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
export const unhex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "hex"));

/** The same value with binary data as lists of numbers. */
export function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return [...value];
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, it]) => [name, plain(it)]));
}
