import { describe, expect, it } from "vitest";
import { FramingError, Unframer, framed } from "./framing";
import { LANE, MAX_MESSAGE } from "../protocol/lane";

const messages = [[1, 2, 3], [], [9], Array.from({ length: 300 }, (_, i) => i & 255)].map(
  (bytes) => new Uint8Array(bytes),
);
const stream = new Uint8Array(messages.flatMap((message) => [...framed(message)]));

describe("messages on a stream", () => {
  it("come out whole, wherever the stream is cut", () => {
    for (let cut = 0; cut <= stream.length; cut++) {
      const unframer = new Unframer(LANE.control);
      const out = [...unframer.push(stream.subarray(0, cut)), ...unframer.push(stream.subarray(cut))];
      expect(out).toEqual(messages);
      expect(unframer.atBoundary).toBe(true);
    }
  });

  it("come out whole, byte by byte", () => {
    const unframer = new Unframer(LANE.control);
    const out = [...stream].flatMap((byte) => unframer.push(new Uint8Array([byte])));
    expect(out).toEqual(messages);
  });

  it("are refused by their length, before there is memory for them", () => {
    const claim = new Uint8Array(4);
    new DataView(claim.buffer).setUint32(0, MAX_MESSAGE[LANE.update] + 1);
    expect(() => new Unframer(LANE.update).push(claim)).toThrow(FramingError);
    expect(() => new Unframer(LANE.update).push(new Uint8Array([255, 255, 255, 255]))).toThrow(FramingError);
  });

  it("that are cut off leave the stream within a message", () => {
    for (let cut = 1; cut < 7; cut++) {
      const unframer = new Unframer(LANE.update);
      unframer.push(stream.subarray(0, cut));
      expect(unframer.atBoundary).toBe(false);
    }
  });

  it("may have bytes before their length: the lane's number on a stream of its own", () => {
    expect([...framed(new Uint8Array([7]), [1])]).toEqual([1, 0, 0, 0, 1, 7]);
  });
});
