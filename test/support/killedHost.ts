import { spawn } from "node:child_process";
import type { Duplex } from "node:stream";
import { fileURLToPath } from "node:url";
import { Packr } from "msgpackr";
import { Channel } from "../../src/shared/channel.ts";
import { ENGINE_PROTOCOL_VERSION, type EngineNotice, type EngineRequests } from "../../src/shared/engineProtocol.ts";
import { recordHeader, RecordReader } from "../../src/shared/recordReader.ts";

// A host that tests kill: starts an engine with the storage of the second argument and a tap before the server of the first, says
// on stdout which process that is and where it listens, and stays.

const ENGINE = fileURLToPath(new URL("../../src/proxy/main.ts", import.meta.url));
const MIB = 1024 * 1024;

const [server = "", storage = ""] = process.argv.slice(2);
const child = spawn(process.execPath, [ENGINE], { stdio: ["ignore", "inherit", "inherit", "overlapped"] });
const pipe = child.stdio[3] as Duplex;
const packr = new Packr();
const post = (value: unknown): void => {
  const body = packr.pack(value);
  pipe.write(recordHeader(body.length));
  pipe.write(body);
};
const channel = new Channel<EngineRequests, EngineNotice, Record<string, never>, never>({ post }, {}, () => undefined);
const reader = new RecordReader((body) => channel.receive(packr.unpack(body)));
pipe.on("data", (chunk: Uint8Array) => reader.push(chunk));
const limits = { maxBytes: 64 * MIB, maxDiskBytes: 256 * MIB, maxFrameBytes: 64 * 1024 };
await channel.ask("engine/hello", { version: ENGINE_PROTOCOL_VERSION, limits, storage });
const config = { id: "t", name: "t", server, listen: "tcp://127.0.0.1:*" };
const { listening } = await channel.ask("tap/start", { config, security: null });
process.stdout.write(`${JSON.stringify({ pid: child.pid, listening })}\n`);
