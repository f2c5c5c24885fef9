import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";

/** For before(): says what to do where the program is missing. */
export function requireTshark(): void {
  try {
    execFileSync("tshark", ["--version"], { stdio: "ignore" });
  } catch (cause) {
    throw new Error("tshark is missing, so no capture can be judged by it. Install it: sudo apt-get install tshark", {
      cause,
    });
  }
}

/** Runs tshark on a file and gives what it prints. It fails for a file that it cannot read to its end. */
export function tshark(file: string, ...args: string[]): string {
  return execFileSync("tshark", ["-n", "-r", file, ...args], {
    encoding: "utf8",
    maxBuffer: 256 * 1024 * 1024,
    stdio: ["ignore", "pipe", "pipe"],
  });
}

/** What `follow,tcp,raw` gives: hex lines, those of the second node behind a tab. */
export function follow(file: string, stream: number): [Buffer, Buffer] {
  const sides: [string, string] = ["", ""];
  for (const line of tshark(file, "-q", "-z", `follow,tcp,raw,${stream}`).split("\n")) {
    if (/^\t?[0-9a-f]+$/.test(line)) sides[line.startsWith("\t") ? 1 : 0] += line.trim();
  }
  return [Buffer.from(sides[0], "hex"), Buffer.from(sides[1], "hex")];
}

/** How many TCP streams there are. */
export function streamCount(file: string): number {
  return new Set(tshark(file, "-Y", "tcp", "-T", "fields", "-e", "tcp.stream").split("\n").filter(Boolean)).size;
}

/** Nothing that Wireshark calls a warning or an error. */
export function checkExpert(file: string): void {
  const expert = tshark(file, "-q", "-z", "expert");
  assert.doesNotMatch(expert, /^(Errors|Warns)/m, expert);
  assert.doesNotMatch(expert, /Malformed|not captured|Out-Of-Order|Retransmission/);
}
