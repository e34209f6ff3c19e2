/** Where there is only IPv6, every transport works as over IPv4. */

import { networkInterfaces } from "node:os";
import { Chromium } from "../src/browsers/chromium";
import { Carried } from "../src/carried";
import { whereAble } from "../src/each";
import { Stage } from "../src/stage";
import { story } from "../src/story";

const all = Object.values(networkInterfaces()).flat();
const none = all.some((each) => each?.address === "::1") ? null : "this machine has no IPv6";

for (const transport of Chromium.transports) {
  whereAble(`IPv6 over ${transport}`, Chromium.hindrance ?? none, () => {
    let carried: Carried;

    story(
      `IPv6 over ${transport}`,
      () => Stage.set(Chromium, { ipv6: true }),
      (step) => {
        step("is used when nothing else is allowed", async (stage) => {
          carried = await Carried.over(stage, transport);
        });

        step("carries keys and pictures", async () => {
          await carried.keys();
          await carried.exact();
        });
      },
    );
  });
}
