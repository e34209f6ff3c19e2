import { decode as anyDecode, encode as anyEncode } from "@msgpack/msgpack";
import { describe, expect, test } from "vitest";

import { LANE, MAX_MESSAGE, type Lane } from "../src/protocol/lane";
import type { Form } from "../src/protocol/form";
import { WireError, decode, encode, feedback, input, toHost, toViewer, update } from "../src/protocol/wire";
import { hex, plain, unhex, vectors } from "./vectors";

const families: [string, Form<unknown>, Lane][] = [
  ["control_to_host", toHost as Form<unknown>, LANE.control],
  ["control_to_viewer", toViewer as Form<unknown>, LANE.control],
  ["input", input as Form<unknown>, LANE.input],
  ["feedback", feedback as Form<unknown>, LANE.feedback],
  ["update", update as Form<unknown>, LANE.update],
];

describe.each(families)("%s", (file, form, lane) => {
  const all = vectors(file);

  test.each(all)("$name is read and written as in Rust", ({ bytes, message }) => {
    const read = decode(form, lane, unhex(bytes));
    expect(plain(read)).toEqual(message);
    expect(hex(encode(form, read))).toBe(bytes);
  });

  test.each(all)("$name cut anywhere is an error", ({ bytes }) => {
    const whole = unhex(bytes);
    for (let length = 0; length < whole.length; length++) {
      expect(() => decode(form, lane, whole.subarray(0, length))).toThrow(WireError);
    }
  });

  test.each(all)("$name with stray bytes behind is an error", ({ bytes }) => {
    expect(() => decode(form, lane, unhex(bytes + "c0"))).toThrow("stray");
  });

  test.each(all)("$name damaged anywhere is an error or another message, never a surprise", ({ bytes }) => {
    const random = generator(bytes.length);
    for (let round = 0; round < 300; round++) {
      const damaged = unhex(bytes);
      for (let hits = 1 + (random() % 5); hits > 0; hits--)
        damaged[random() % damaged.length] = random() & 255;
      try {
        const read = decode(form, lane, damaged);
        expect(plain(decode(form, lane, encode(form, read)))).toEqual(plain(read));
      } catch (error) {
        expect(error).toBeInstanceOf(WireError);
      }
    }
  });
});

test("unknown fields of any form are skipped, and options may be missing", () => {
  const later = {
    track: 7,
    surprise: [null, { x: 0.5, y: [-1, -200, 2 ** 40, "t".repeat(300)] }, new Uint8Array(70_000)],
    update: 1000,
    when: new Date(0),
    received_at: 10,
    decoded_at: 20,
  };
  const read = decode(feedback, LANE.update, anyEncode(later));
  expect(read).toEqual({ track: 7, update: 1000, received_at: 10, decoded_at: 20, presented_at: null });
});

test("a field that is missing or comes twice is an error", () => {
  const message = { Pong: { viewer: 1 } };
  expect(() => decode(toViewer, LANE.control, anyEncode(message))).toThrow("host is missing");
  const twice = unhex("81a45365617482a468656c64c3a468656c64c2");
  expect(() => decode(toViewer, LANE.control, twice)).toThrow("twice");
});

test("whole numbers of every length are what another codec says", () => {
  const round = (n: number) => decode(feedback, LANE.feedback, encode(feedback, { ...zero, received_at: n }));
  const zero = { track: 0, update: 0, received_at: 0, decoded_at: 0, presented_at: null };
  for (const n of [0, 127, 128, 255, 256, 65_535, 65_536, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1]) {
    expect(round(n).received_at).toBe(n);
    expect(anyDecode(encode(feedback, { ...zero, received_at: n }))).toMatchObject({ received_at: n });
  }
  const copy = (x: number) => ({ Copy: { from: { x, y: 0, w: 1, h: 1 }, to: { x: 0, y: x } } });
  for (const n of [-1, -32, -33, -128, -129, -32_768, -32_769, -(2 ** 31), 2 ** 31 - 1]) {
    const message = { ...anUpdate, ops: [copy(n)] };
    expect(decode(update, LANE.update, encode(update, message)).ops).toEqual([copy(n)]);
    expect(anyDecode(encode(update, message))).toMatchObject({ ops: [copy(n)] });
  }
  expect(() =>
    decode(feedback, LANE.feedback, anyEncode({ ...zero, received_at: 2n ** 60n }, { useBigInt64: true })),
  ).toThrow("2^53");
  expect(() => decode(feedback, LANE.feedback, anyEncode({ ...zero, track: 2 ** 32 }))).toThrow("range");
  expect(() => decode(feedback, LANE.feedback, anyEncode({ ...zero, track: 1.5 }))).toThrow("whole");
});

const anUpdate = {
  track: 1,
  id: 1,
  size: { w: 1, h: 1 },
  ops: [],
  exact: true,
  caused_by_input: null,
  timing: {
    input_received: null,
    input_dispatched: null,
    captured: 0,
    encode_started: 0,
    encoded: 0,
    sent: 0,
  },
};

test("texts and data beyond the short forms survive", () => {
  for (const length of [31, 32, 255, 256, 65_535, 65_536]) {
    const message = { Keymap: { text: "é".repeat(length / 2) } };
    expect(decode(toHost, LANE.control, encode(toHost, message))).toEqual(message);
    const data = new Uint8Array(length).fill(length & 255);
    const content = { Clipboard: { Content: { request: 1, data, last: true } } };
    expect(decode(toHost, LANE.control, encode(toHost, content))).toEqual(content);
  }
});

test("claims of huge contents are lies at once", () => {
  for (const head of ["dd", "df", "db", "c6", "c9"]) {
    const claim = head + "ffffffff";
    expect(() => decode(update, LANE.update, unhex(claim))).toThrow(WireError);
    expect(() => decode(update, LANE.update, unhex("81a178" + claim))).toThrow(WireError);
  }
});

test("deep nesting does not exhaust the stack", () => {
  for (const opening of ["91", "81a178", "81a36f707391"]) {
    const nested = unhex(opening.repeat(100_000));
    expect(() => decode(update, LANE.update, nested)).toThrow(WireError);
    expect(() => decode(toViewer, LANE.update, nested)).toThrow(WireError);
  }
});

test("text must be UTF-8 and keeps every character", () => {
  const odd = { Goodbye: { reason: "\ufeff\u0000\u{1f600}" } };
  expect(decode(toViewer, LANE.control, encode(toViewer, odd))).toEqual(odd);
  const broken = encode(toViewer, { Goodbye: { reason: "x" } });
  broken[broken.length - 1] = 0xff;
  expect(() => decode(toViewer, LANE.control, broken)).toThrow("UTF-8");
});

test("pictures have as many bytes as they say", () => {
  const icon = (side: number, bytes: number) => ({ Icon: { id: 1, side, rgba: new Uint8Array(bytes) } });
  const read = (message: object) => decode(toViewer, LANE.control, anyEncode(message));
  expect(read(icon(2, 16))).toEqual(icon(2, 16));
  expect(() => read(icon(2, 15))).toThrow("picture");
  expect(() => read(icon(129, 129 * 129 * 4))).toThrow("range");
});

test("a message over the limit of its lane is not looked at", () => {
  for (const lane of [LANE.control, LANE.input, LANE.motion, LANE.feedback]) {
    expect(() => decode(input, lane, new Uint8Array(MAX_MESSAGE[lane] + 1))).toThrow("too many");
  }
});

/** The same numbers for every run: xorshift. */
function generator(seed: number): () => number {
  let state = seed | 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}
