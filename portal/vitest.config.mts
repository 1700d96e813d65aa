import { defineConfig } from "vitest/config";

/** What the pure parts are tested with: no plugin of the build, and one process that loads each module once. */
export default defineConfig({
  test: { isolate: false },
});
