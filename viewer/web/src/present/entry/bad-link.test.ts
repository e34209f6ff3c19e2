import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { badLink } from "./bad-link";

const HOST = join(__dirname, "../../../../../transport/src");
const source = ["ticket.rs", "admission/mod.rs"]
  .map((file) => readFileSync(join(HOST, file), "utf8"))
  .join("\n");

test("what the host says of a link that it does not take is told in people's language", () => {
  for (const [sentence, kind] of [
    ["this link was used already: each works once; make a new one by `dormer links`", "used"],
    ["the link's ticket is for another session of this host; ask for a new link", "otherSession"],
    ["the link's ticket is not one of this host's; ask for a new link", "otherHost"],
    ["this link is not for a browser; ask for a browser link", "native"],
  ]) {
    // Said so by the host of today.
    expect(source).toContain(sentence);
    expect(badLink({ code: "ticket-invalid", message: sentence as string })).toBe(kind);
  }
  expect(badLink({ code: "ticket-expired", message: "" })).toBe("expired");
});

test("what is not known is none of them", () => {
  expect(badLink({ code: "ticket-invalid", message: "of a host to come" })).toBe(null);
  expect(badLink({ code: "full", message: "this link was used already" })).toBe(null);
});
