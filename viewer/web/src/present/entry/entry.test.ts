import { expect, test } from "vitest";
import { readFragment } from "./entry";

test("a plain link has a ticket and nothing else", () => {
  expect(readFragment("#ticket=abc-_")).toEqual({
    ticket: "abc-_",
    window: null,
    only: null,
    relay: false,
    language: null,
    probe: false,
  });
});

test("all that can be asked for", () => {
  const { window, only, language, probe } = readFragment(
    "#ticket=a&window=org.gnome.Foo&only=websocket,webrtc&lang=zh&probe",
  );
  expect(window).toBe("org.gnome.Foo");
  expect(only).toEqual(["webrtc", "websocket"]);
  expect(language).toBe("zh");
  expect(probe).toBe(true);
});

test("only WebRTC goes through a relay", () => {
  expect(readFragment("#ticket=a&relay&only=websocket")).toMatchObject({ relay: true, only: ["webrtc"] });
});

test("what is unknown or empty is not asked for", () => {
  expect(readFragment("#ticket=&only=telepathy&window=")).toMatchObject({
    ticket: null,
    only: null,
    window: null,
  });
  expect(readFragment("")).toMatchObject({ ticket: null, probe: false });
});
