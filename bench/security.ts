import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { curveKeyPair } from "zeromq";

/** What the links are secured with. With CURVE the tap, like `zmq_proxy`, ends it on both sides. */
export const SECURITIES = ["null", "curve"] as const;
export type Security = (typeof SECURITIES)[number];

/** How the programs of a lane are told of their security. */
export type SecuritySetup = {
  /** Of the C programs. */
  readonly environment: NodeJS.ProcessEnv;
  /** Of the tap's command line. */
  readonly tapArguments: readonly string[];
};

/** Prepares a security; for CURVE it writes the server's pair, made for this run only, into `folder`. */
export function setUpSecurity(security: Security, folder: string): SecuritySetup {
  if (security === "null") return { environment: process.env, tapArguments: [] };
  const { publicKey, secretKey } = curveKeyPair();
  const file = join(folder, "server.key_secret");
  mkdirSync(folder, { recursive: true });
  writeFileSync(file, `metadata\ncurve\n    public-key = "${publicKey}"\n    secret-key = "${secretKey}"\n`, {
    mode: 0o600,
  });
  return {
    environment: { ...process.env, BENCH_CURVE_PUBLIC: publicKey, BENCH_CURVE_SECRET: secretKey },
    tapArguments: ["--curve-server", file],
  };
}
