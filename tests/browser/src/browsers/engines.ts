import type { Engine } from "./browser";
import { Chromium } from "./chromium";
import { Firefox } from "./firefox";
import { WebKit } from "./webkit";

/** Every engine that tests run in. */
export const ENGINES: Engine[] = [Chromium, Firefox, WebKit];
