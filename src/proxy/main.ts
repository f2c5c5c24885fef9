import { Socket } from "node:net";
import { Packr } from "msgpackr";
import { Channel } from "../shared/channel.ts";
import { ENGINE_PROTOCOL_VERSION, type EngineNotice, type EngineRequests } from "../shared/engineProtocol.ts";
import { recordHeader, RecordReader } from "../shared/recordReader.ts";
import { Engine } from "./engine.ts";
import { wrongEngine } from "./faults.ts";
import { Inspector } from "./inspector.ts";
import { Sender } from "./sender.ts";

/** Where the host's end of the protocol pipe is. */
const PIPE_FD = 3;
const DEFAULT_MAX_BYTES = 256 * 1024 * 1024;

/** The engine process of the editor: serves the engine protocol on fd 3, and ends when that pipe does. */
function main(): void {
  const packr = new Packr();
  const pipe = new Socket({ fd: PIPE_FD, readable: true, writable: true });
  const log = (error: unknown): void => {
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  };
  const engine = new Engine({
    maxBytes: DEFAULT_MAX_BYTES,
    onNotice: (notice) => channel.notify(notice),
    onBug: log,
  });
  const inspector = new Inspector(engine.capture, (state) => channel.notify({ kind: "filter/advanced", state }));
  const sender = new Sender(engine);
  const post = (value: unknown): void => {
    const body = packr.pack(value);
    pipe.write(recordHeader(body.length));
    pipe.write(body);
  };
  const channel = new Channel<Record<string, never>, never, EngineRequests, EngineNotice>(
    { post },
    {
      "engine/hello": ({ version, limits }) => {
        if (version !== ENGINE_PROTOCOL_VERSION) throw wrongEngine(ENGINE_PROTOCOL_VERSION, version);
        engine.setLimits(limits);
        return { version: ENGINE_PROTOCOL_VERSION, pid: process.pid };
      },
      "engine/limit": (limits) => engine.setLimits(limits),
      "tap/start": ({ config, security }) => engine.startTap(config, security),
      "tap/secure": ({ tap, security }) => engine.secureTap(tap, security),
      "tap/fit": ({ tap, pairs }) => engine.fittingKeys(tap, pairs),
      "tap/admit": ({ tap, client, allow }) => engine.admit(tap, client, allow),
      "tap/stop": ({ tap }) => engine.stopTap(tap),
      "tap/remove": async ({ tap }) => {
        await engine.removeTap(tap);
        return null;
      },
      "tap/retarget": ({ tap, server }) => engine.retargetTap(tap, server),
      "tap/list": () => engine.taps,
      "capture/stats": () => engine.stats(),
      "capture/clear": () => engine.clear(),
      "rows/read": (ask) => inspector.readRows(ask),
      "rows/find": (ask) => inspector.findRow(ask),
      "filter/start": ({ text }) => inspector.startSearch(text),
      "filter/stop": ({ search }) => {
        inspector.stopSearch(search);
        return null;
      },
      "message/read": ({ n }) => inspector.readMessage(n),
      "frame/decode": (ask) => inspector.decodeFrame(ask),
      "bytes/read": (ask) => inspector.readBytes(ask),
      "message/copy": ({ n, format }) => inspector.copyMessage(n, format),
      "message/frames": ({ n }) => sender.wholeFrames(n),
      "replay/send": (ask) => sender.replay(ask),
      "call/send": (ask) => sender.call(ask),
      "endpoint/probe": (ask) => sender.probe(ask),
      "call/cancel": ({ call }) => {
        sender.cancel(call);
        return null;
      },
    },
    () => undefined,
  );
  const reader = new RecordReader((body) => channel.receive(packr.unpack(body)));
  const end = (): void => {
    channel.close({ code: "host-gone", message: "The window is gone." });
    engine.stop().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  pipe.on("data", (chunk) => reader.push(chunk));
  pipe.once("end", end);
  pipe.once("close", end);
  pipe.on("error", () => undefined); // 'close' follows, and is what ends the engine.
}

main();
