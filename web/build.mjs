/**
 * Builds web/dist: the demo page, the page for calls under call/, the widget as two classic scripts under /widget/, and the staff desk's script and
 * style sheet under desk/, with what runs in its audio thread beside them.
 *
 * careline.js is what a page embeds (small: the launcher). careline-panel.js holds deep-chat and the socket
 * and is fetched when the chat is first wanted. Both are classic scripts because a module fetched from another
 * origin needs CORS headers, a script element does not.
 */
import { context, build } from "esbuild";
import { cp, mkdir, readFile, rm, stat } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import path from "node:path";

const root = path.dirname(fileURLToPath(import.meta.url));
const source = path.join(root, "src");
const target = path.join(root, "dist");
const widget = path.join(target, "widget");
const desk = path.join(target, "desk");

/** A page may carry a deep-chat of its own, and an element's name can be taken only once: ours gets another. */
const renameDeepChat = {
  name: "rename-deep-chat",
  setup(bundler) {
    bundler.onLoad({ filter: /deep-chat[\\/]dist[\\/]deepChat\.bundle\.js$/ }, async ({ path: file }) => {
      const content = await readFile(file, "utf8");
      const registration = /customElements\.define\(\s*["'`]deep-chat["'`]/;
      if (!registration.test(content)) throw new Error(`no registration of deep-chat found in ${file}`);
      return { contents: content.replace(registration, 'customElements.define("careline-deep-chat"') };
    });
  },
};

const options = {
  entryPoints: {
    careline: path.join(source, "careline.ts"),
    "careline-panel": path.join(source, "careline-panel.ts"),
  },
  outdir: widget,
  bundle: true,
  format: "iife",
  target: ["es2021"],
  minify: true,
  sourcemap: "linked",
  legalComments: "linked",
  loader: { ".css": "text" },
  alias: { "deep-chat": "deep-chat/dist/deepChat.bundle.js" }, // modern syntax: a fifth smaller than its main file
  logLevel: "warning",
  plugins: [renameDeepChat],
};

/** The desk's own: it never leaves the insurer's pages, so newer browsers may be asked of its readers. */
const deskOptions = {
  entryPoints: { desk: path.join(source, "desk", "desk.ts"), sound: path.join(source, "sound", "worklet.ts") },
  outdir: desk,
  bundle: true,
  format: "iife",
  target: ["es2022"],
  minify: true,
  sourcemap: "linked",
  legalComments: "linked",
  logLevel: "warning",
};

/** The page for calls, with the sound's worklet beside it. */
const callOptions = {
  ...deskOptions,
  entryPoints: { call: path.join(source, "call", "call.ts"), style: path.join(source, "call", "call.css"), sound: deskOptions.entryPoints.sound },
  outdir: path.join(target, "call"),
};

async function copyPages() {
  await cp(path.join(source, "index.html"), path.join(target, "index.html"));
  await cp(path.join(source, "demo"), path.join(widget, "demo"), { recursive: true });
  await cp(path.join(source, "desk", "icon.svg"), path.join(desk, "icon.svg"));
}

async function report() {
  const files = ["widget/careline.js", "widget/careline-panel.js", "desk/desk.js", "desk/desk.css", "call/call.js"];
  for (const name of files) {
    const file = path.join(target, name);
    const [{ size }, content] = await Promise.all([stat(file), readFile(file)]);
    const zipped = gzipSync(content, { level: 9 }).length;
    console.log(`${name}  ${(size / 1024).toFixed(1)} kB, gzip ${(zipped / 1024).toFixed(1)} kB`);
  }
}

await rm(target, { recursive: true, force: true });
await mkdir(widget, { recursive: true });
await copyPages();
if (process.argv.includes("--watch")) {
  for (const wanted of [options, deskOptions, callOptions]) await (await context(wanted)).watch();
} else {
  await Promise.all([build(options), build(deskOptions), build(callOptions)]);
  await report();
}
