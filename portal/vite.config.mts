import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { gzipAsync as zopfli } from "@gfx/zopfli";
import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";

const require = createRequire(import.meta.url);
const here = import.meta.dirname;
const outDir = path.join(here, "../packages/server/src/openinsights/portal/dist");
const server = process.env.OPENINSIGHTS_URL ?? "http://127.0.0.1:5380";

/** The files of the KQL worker: ours, and the two of Microsoft's language service it imports. */
const service = path.dirname(require.resolve("@kusto/language-service-next/package.json"));
const workerFiles = [
  path.join(here, "src/views/logs/kql.worker.js"),
  path.join(service, "bridge.min.js"),
  path.join(service, "Kusto.Language.Bridge.min.js"),
];

async function workerFolder(): Promise<{ folder: string; files: Map<string, Buffer> }> {
  const hash = createHash("sha256");
  const files = new Map<string, Buffer>();
  for (const file of workerFiles) {
    const content = await readFile(file);
    hash.update(content);
    files.set(path.basename(file), content);
  }
  return { folder: `assets/kql-${hash.digest("hex").slice(0, 10)}`, files };
}

const worker = await workerFolder();

/** Places the KQL worker under a hashed folder: a classic worker is no module and is not bundled. */
function kqlWorker(): Plugin {
  return {
    name: "kql-worker",
    configureServer(dev) {
      dev.middlewares.use((request, response, next) => {
        const name = path.basename(request.url ?? "");
        const content = request.url?.startsWith(`/${worker.folder}/`) && worker.files.get(name);
        if (!content) {
          next();
          return;
        }
        response.setHeader("content-type", "text/javascript");
        response.end(content);
      });
    },
    async writeBundle() {
      await mkdir(path.join(outDir, worker.folder), { recursive: true });
      for (const [name, content] of worker.files) {
        await writeFile(path.join(outDir, worker.folder, name), content);
      }
    },
  };
}

/**
 * Writes a .gz beside each file that is worth it, so that the server never compresses. Of the KQL
 * worker only the .gz stays: its five megabytes would triple the package.
 */
function packed(): Plugin {
  return {
    name: "packed",
    async closeBundle() {
      for (const entry of await readdir(outDir, { recursive: true, withFileTypes: true })) {
        if (!entry.isFile() || !/\.(js|css|svg|html)$/.test(entry.name)) continue;
        const file = path.join(entry.parentPath, entry.name);
        const content = await readFile(file);
        if (content.length <= 500) continue;
        await writeFile(`${file}.gz`, await smaller(entry.name, content));
        if (entry.parentPath.endsWith(worker.folder)) await rm(file);
      }
    },
  };
}

/** As gzip; what the first view waits for is searched for the smallest form, which takes seconds. */
async function smaller(name: string, content: Buffer): Promise<Uint8Array> {
  if (name.startsWith("frame")) return zopfli(content, { numiterations: 15 });
  return gzipSync(content, { level: 9 });
}

/** What every view needs goes into one file: smaller than many, and fetched in one go. */
const FIRST_VIEW =
  /node_modules\/(react|react-dom|scheduler|uplot)\/|src\/lib\/(?!queries|typedTime)|src\/ui\/(?!Dialog|dialog|TileTable|cell)|src\/shell\/(?!range\.css|picker\.css|Palette|RangePanel|ResourceList|ShortcutHelp|CreateResource|Resolve|SignIn|UnknownResource)|src\/parts\/(sampling|SamplingMark)|src\/views\/overview\/(?!Detected)|src\/main\.tsx/;

export default defineConfig({
  plugins: [react(), kqlWorker(), packed()],
  define: { __KQL_WORKER__: JSON.stringify(`/${worker.folder}/kql.worker.js`) },
  build: {
    outDir,
    emptyOutDir: true,
    target: "es2023",
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 600,
    rolldownOptions: {
      output: { codeSplitting: { groups: [{ name: "frame", test: FIRST_VIEW }] } },
    },
  },
  server: {
    port: 5381,
    proxy: Object.fromEntries(["/portal/api", "/providers", "/subscriptions", "/v1", "/v2"].map((at) => [at, server])),
  },
});
