import { describe, expect, it } from "vitest";

import { clean, codeOf, reasonOf } from "../src/link/closing";

const bytes = (text: string) => new TextEncoder().encode(text).length;

describe("a link's last sentence", () => {
  it("fits into WebSocket's farewell in any language, and no character is cut", () => {
    for (const character of ["a", "ü", "世", "🪟"]) {
      const sentence = clean(character.repeat(200));
      expect(bytes(sentence)).toBeLessThanOrEqual(123);
      expect(bytes(sentence)).toBeGreaterThan(119);
      expect(sentence).toBe(character.repeat([...sentence].length));
    }
  });

  it("holds no control characters", () => {
    expect(clean("left\u0000\u001b[31m\n")).toBe("left  [31m");
  });

  it("comes with the code of its kind", () => {
    for (const kind of ["left", "refused", "protocol", "overflow"] as const) {
      expect(reasonOf(codeOf(kind), "why")).toEqual({ kind, message: "why" });
    }
    expect(reasonOf(99, "").kind).toBe("lost");
  });
});
