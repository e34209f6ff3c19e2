import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { badLink } from "./bad-link";

const HOST = join(__dirname, "../../../../../transport/src/admission/mod.rs");

test("why the host does not take a link is told in people's language", () => {
  const source = readFileSync(HOST, "utf8");
  for (const [reason, kind] of [
    ["used", "used"],
    ["expired", "expired"],
    ["other-session", "otherSession"],
    ["foreign", "otherHost"],
    ["not-for-browsers", "native"],
    ["taken-back", "takenBack"],
  ]) {
    // Said so by the host of today.
    expect(source).toContain(`=> "${reason}"`);
    expect(badLink({ code: "ticket-invalid", reason: reason as string })).toBe(kind);
  }
  expect(badLink({ code: "ticket-expired", reason: "expired" })).toBe("expired");
});

test("what is not known is none of them", () => {
  for (const reason of ["", "of-a-host-to-come", "toString", "constructor"]) {
    expect(badLink({ code: "ticket-invalid", reason })).toBe(null);
  }
  expect(badLink({ code: "full", reason: "used" })).toBe(null);
});
