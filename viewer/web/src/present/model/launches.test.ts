import { expect, test } from "vitest";
import { Launches, PATIENCE } from "./launches";

const app = (id: string) => ({ id, name: id, icon: null });

test("a window ends the launch of its app, whatever that calls itself", () => {
  for (const [id, window] of [
    ["org.gnome.gedit", "gedit"],
    ["foot", "foot"],
    ["/usr/bin/xterm -e top", "XTerm"],
    ["org.kde.kate", "org.kde.kate"],
  ] as const) {
    const launches = new Launches();
    const other = launches.begin(0, app("another"));
    const launch = launches.begin(0, app(id));
    launches.opened(window);
    expect([launches.awaits(launch), launches.awaits(other)], id).toEqual([false, true]);
  }
});

test("a window of no known name ends the only launch, and none of several", () => {
  const launches = new Launches();
  const one = launches.begin(0, app("one"));
  const two = launches.begin(0, app("two"));
  launches.opened("something");
  expect(launches.all()).toHaveLength(2);
  expect(launches.end(two)).toBe(true);
  expect(launches.end(two)).toBe(false);
  launches.opened("something");
  expect(launches.awaits(one)).toBe(false);
});

test("few are awaited, and none for ever", () => {
  const launches = new Launches();
  for (let n = 0; n < 100; n++) launches.begin(n, app(`${n}`));
  expect(launches.all().map(({ app }) => app)).toEqual(["92", "93", "94", "95", "96", "97", "98", "99"]);
  launches.prune(PATIENCE + 95);
  expect(launches.all()).toHaveLength(4);
});
