import { resolve } from "node:path";
import type { Plugin } from "esbuild";

/** What the extension imports only when it is needed, and the bundle beside its own that has it. */
const BUNDLES: readonly { readonly filter: RegExp; readonly path: string }[] = [
  // When an engine is first started: a window without taps never does.
  { filter: /^msgpackr$/, path: "./msgpackr.cjs" },
  // When the first command is run.
  { filter: /^[.]\/commands[.]ts$/, path: "./commands.cjs" },
  // When the window before has left an engine that runs.
  { filter: /\/adoption[.]ts$/, path: "./adoption.cjs" },
  // When the first tap of a Jupyter kernel starts, or one is attached to.
  { filter: /\/connectionFiles[.]ts$/, path: "./connectionFiles.cjs" },
  // When a view asks for a decoder's choices, or the demo is started.
  { filter: /\/onDemand[.]ts$/, path: "./onDemand.cjs" },
  // When there is a bridge, or one is started.
  { filter: /\/loadedBridges[.]ts$/, path: "./loadedBridges.cjs" },
  // When the first call file is opened, or the view Calls looked at.
  { filter: /\/callLanguage[.]ts$/, path: "./callLanguage.cjs" },
  // When an assistant uses the first tool.
  { filter: /\/assistantTools[.]ts$/, path: "./assistantTools.cjs" },
  // When the first filter is written, or stands in the settings.
  { filter: /\/filterText[.]ts$/, path: "./filterText.cjs" },
];

/** The same of the engine. */
const ENGINE_BUNDLES: typeof BUNDLES = [
  // When the engine has begun.
  { filter: /\/dialogue[.]ts$/, path: "./dialogue.cjs" },
  { filter: /\/captureWatch[.]ts$/, path: "./captureWatch.cjs" },
  { filter: /\/pictures[.]ts$/, path: "./pictures.cjs" },
  // When the engine is to outlive its host.
  { filter: /\/hostDoor[.]ts$/, path: "./hostDoor.cjs" },
  // When the user has dialects or decoders.
  { filter: /\/ownDialects[.]ts$/, path: "./ownDialects.cjs" },
  // When the first tap of an HTTP server starts.
  { filter: /\/httpWatch[.]ts$/, path: "./httpWatch.cjs" },
  // When the first server of our own starts.
  { filter: /\/standIns[.]ts$/, path: "./standIns.cjs" },
  // When the first web bridge starts.
  { filter: /\/webBridges[.]ts$/, path: "./webBridges.cjs" },
  // When the first bridge starts, or the editor asks which there are.
  { filter: /\/bridges[.]ts$/, path: "./bridges.cjs" },
  // When the first intervention starts.
  { filter: /\/interventions[.]ts$/, path: "./interventions.cjs" },
  // When the first SOCKS server starts.
  { filter: /\/socksTaps[.]ts$/, path: "./socksTaps.cjs" },
  // When the first call is made, or a form for one is shown.
  { filter: /\/calls[.]ts$/, path: "./calls.cjs" },
  // When the first filter is applied, or a conversation is followed.
  { filter: /\/readFilter[.]ts$/, path: "./readFilter.cjs" },
  { filter: /\/conversationFilter[.]ts$/, path: "./conversationFilter.cjs" },
  // When the first filter is completed.
  { filter: /\/seenValues[.]ts$/, path: "./seenValues.cjs" },
  // When the first message is opened or copied.
  { filter: /\/openedMessage[.]ts$/, path: "./openedMessage.cjs" },
  // When the first .proto files are read.
  { filter: /\/protoFiles[.]ts$/, path: "./protoFiles.cjs" },
  // When the first capture file is opened, or written.
  { filter: /\/fileCapture[.]ts$/, path: "./fileCapture.cjs" },
  { filter: /\/exportCapture[.]ts$/, path: "./exportCapture.cjs" },
  // When the first session is replayed.
  { filter: /\/sendSession[.]ts$/, path: "./sendSession.cjs" },
  // When the first message is sent again, or an endpoint is asked what it is.
  { filter: /\/sender[.]ts$/, path: "./sender.cjs" },
  // When the first tap watches all topics.
  { filter: /\/watchAll[.]ts$/, path: "./watchAll.cjs" },
  // When the first filter is applied, or copies and heartbeats are folded.
  { filter: /\/filterRun[.]ts$/, path: "./filterRun.cjs" },
];

/** The same of the command line. */
const CLI_BUNDLES: typeof BUNDLES = [
  // When assistants are served.
  { filter: /\/mcp[.]ts$/, path: "./mcp.js" },
];

/** What several of these files import as they are loaded, and have in common. */
const SHARED_BUNDLES: readonly { readonly filter: RegExp; readonly file: string; readonly path: string }[] = [
  // All dialects.
  { filter: /\/registry[.]ts$/, file: resolve("src/proxy/dialects/registry.ts"), path: "./dialects.cjs" },
];

/** Leaves such imports out of a bundle, which loads their files when it comes to them. */
export const laterFiles: Plugin = {
  name: "later-files",
  setup(build) {
    for (const { filter, path } of BUNDLES) {
      build.onResolve({ filter }, ({ kind }) => (kind === "entry-point" ? undefined : { path, external: true }));
    }
  },
};

/** The same for the command line. */
export const laterCliFiles: Plugin = {
  name: "later-cli-files",
  setup(build) {
    for (const { filter, path } of CLI_BUNDLES) {
      build.onResolve({ filter }, ({ kind }) => (kind === "dynamic-import" ? { path, external: true } : undefined));
    }
  },
};

/** The same for the engine: what it imports when it comes to it. */
export const laterEngineFiles: Plugin = {
  name: "later-engine-files",
  setup(build) {
    for (const { filter, path } of ENGINE_BUNDLES) {
      build.onResolve({ filter }, ({ kind }) => (kind === "dynamic-import" ? { path, external: true } : undefined));
    }
    for (const { filter, file, path } of SHARED_BUNDLES) {
      build.onResolve({ filter }, ({ kind, resolveDir, path: imported }) =>
        kind !== "entry-point" && resolve(resolveDir, imported) === file ? { path, external: true } : undefined,
      );
    }
  },
};
