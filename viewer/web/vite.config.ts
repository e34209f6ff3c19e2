import { defineConfig } from "vitest/config";

import { zstd } from "./build/zstd";

export default defineConfig({
  // Every engine that has WebCodecs or RTP H.264 and OffscreenCanvas.
  build: {
    target: ["chrome108", "firefox115", "safari16.4"],
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
  },
  plugins: [zstd()],
  worker: { format: "es", plugins: () => [zstd()] },
  // A test that takes this long hangs; how fast a busy machine is decides nothing.
  test: { include: ["src/**/*.test.ts", "test/**/*.test.ts"], testTimeout: 300_000 },
});
