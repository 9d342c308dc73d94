import { defineConfig } from "vite";

// Django serves the bundle: it finds the hashed names in dist/.vite/manifest.json.
export default defineConfig({
  base: "/static/",
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: { manifest: true, rollupOptions: { input: "src/main.tsx" }, target: "es2022" },
});
