#!/usr/bin/env node
import { readFileSync } from "node:fs";
import { parseArguments } from "./arguments.ts";
import { answer } from "./answer.ts";
import { attach } from "./attach.ts";
import { bridge } from "./bridge.ts";
import { call } from "./call.ts";
import { checkFile } from "./checkFile.ts";
import { compileFilter } from "./compileFilter.ts";
import { endProcess } from "../proxy/endProcess.ts";
import { dialectInfos } from "../proxy/dialects/registry.ts";
import { dialectsText } from "./dialects.ts";
import { exportFile } from "./exportFile.ts";
import { fieldsText } from "./fields.ts";
import { commandHelp } from "./help/commands.ts";
import { completionScript } from "./help/completion.ts";
import { manPage } from "./help/manPage.ts";
import { markdownHelp } from "./help/markdownHelp.ts";
import type { HelpFormat } from "./help/otherHelp.ts";
import { commandText, helpWidth, overviewText } from "./help/textHelp.ts";
import { keygen } from "./keygen.ts";
import { openCaptureFile } from "./openCaptureFile.ts";
import { Output } from "./output.ts";
import { probeEndpoint } from "./probe.ts";
import { readFile } from "./readFile.ts";
import { replayFile } from "./replayFile.ts";
import { runCalls } from "./runCalls.ts";
import { webBridge } from "./webBridge.ts";

/**
 * Exit codes: 0 done, 1 a failure, 2 bad arguments, 3 not answered as wanted (a call, a replay, a run of call files), 4 not
 * answered in time, 5 a check that found an error; one sentence on stderr for each of them.
 */
async function main(): Promise<number> {
  const parsed = parseArguments(process.argv.slice(2));
  switch (parsed.kind) {
    case "help":
      await new Output(1).write(helpText(parsed.command, parsed.format));
      return 0;
    case "completion":
      await new Output(1).write(completionScript(parsed.shell));
      return 0;
    case "version":
      await new Output(1).write(`${version()}\n`);
      return 0;
    case "bad":
      await new Output(2).write(`${parsed.message}\n`);
      return 2;
    case "keygen":
      return keygen(parsed.options);
    case "probe":
      return probeEndpoint(parsed.options);
    case "read":
      return readFile(parsed.options, { open: openCaptureFile, compile: compileFilter });
    case "export":
      return exportFile(parsed.options, { open: openCaptureFile, compile: compileFilter });
    case "check":
      return checkFile(parsed.options, openCaptureFile);
    case "run":
      return runCalls(parsed.options);
    case "replay":
      return replayFile(parsed.options, openCaptureFile);
    case "fields":
      await new Output(1).write(fieldsText());
      return 0;
    case "answer":
      return answer(parsed.options);
    case "call":
      return call(parsed.options);
    case "dialects":
      await new Output(1).write(parsed.json ? `${JSON.stringify(dialectInfos())}\n` : dialectsText(dialectInfos()));
      return 0;
    case "web-bridge":
      return webBridge(parsed.options);
    case "mcp": {
      // The protocol's library is a file of its own, which other commands never load.
      const { mcp } = await import("./mcp.ts");
      return mcp(parsed.options, version());
    }
    case "attach":
      return attach(parsed.options);
    case "bridge":
      return bridge(parsed.options);
  }
}

function helpText(command: string | null, format: HelpFormat): string {
  switch (format) {
    case "man":
      return manPage(version());
    case "markdown":
      return markdownHelp();
    case "text": {
      const width = helpWidth(process.stdout.isTTY ? process.stdout.columns : Number(process.env["COLUMNS"]));
      const help = command === null ? undefined : commandHelp(command);
      return help === undefined ? overviewText(width) : commandText(help, width);
    }
  }
}

function version(): string {
  // One level up from the bundle, two from the source.
  for (const path of ["../package.json", "../../package.json"]) {
    try {
      const manifest = JSON.parse(readFileSync(new URL(path, import.meta.url), "utf8")) as {
        name?: string;
        version?: string;
      };
      if (manifest.name === "zmq-tap" && manifest.version !== undefined) return manifest.version;
    } catch {
      // Not there: the other one is.
    }
  }
  return "unknown";
}

const code = await main();
// A stdout that nobody reads may hold a write in the thread pool, which would keep the process.
endProcess(code);
