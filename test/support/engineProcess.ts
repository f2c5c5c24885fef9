import { spawn } from "node:child_process";
import type { Duplex } from "node:stream";
import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { Packr } from "msgpackr";
import { Channel } from "../../src/shared/channel.ts";
import type { EngineNotice, EngineRequests } from "../../src/shared/engineProtocol.ts";
import { recordHeader, RecordReader } from "../../src/shared/recordReader.ts";

const ENGINE = fileURLToPath(new URL("../../src/proxy/main.ts", import.meta.url));

/** The engine as the host starts it: a process with its protocol on fd 3. What it prints is shown unless told otherwise. */
export function startEngine(t: TestContext, output: "inherit" | "ignore" = "inherit") {
  const child = spawn(process.execPath, [ENGINE], { stdio: ["ignore", output, output, "overlapped"] });
  t.after(() => child.kill("SIGKILL"));
  const pipe = child.stdio[3] as Duplex;
  return { child, pipe, ...speakWith(pipe) };
}

/** The engine at the other end of a stream, and what it has told. */
export function speakWith(pipe: Duplex) {
  const packr = new Packr();
  const post = (value: unknown): void => {
    const body = packr.pack(value);
    pipe.write(recordHeader(body.length));
    pipe.write(body);
  };
  const notices: EngineNotice[] = [];
  let wake = (): void => undefined;
  const channel = new Channel<EngineRequests, EngineNotice, Record<string, never>, never>({ post }, {}, (notice) => {
    notices.push(notice);
    wake();
  });
  const reader = new RecordReader((body) => channel.receive(packr.unpack(body)));
  pipe.on("data", (chunk: Uint8Array) => reader.push(chunk));
  pipe.on("error", () => undefined);
  pipe.resume();
  const until = async <T>(condition: () => T | undefined): Promise<T> => {
    for (;;) {
      const met = condition();
      if (met !== undefined) return met;
      await new Promise<void>((resolve) => (wake = resolve));
    }
  };
  return { channel, notices, until };
}
