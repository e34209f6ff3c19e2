import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // One browser at a time: they share the machine with the host and its apps.
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 60_000,
    // A step of a story stands on those before it.
    bail: 0,
    sequence: { concurrent: false },
    reporters: ["verbose"],
  },
});
