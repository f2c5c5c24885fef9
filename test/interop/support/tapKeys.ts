import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CurvePair, TapSecurity } from "../../../src/shared/security.ts";

/** Keys of a tap that is started from the command line; what is left out stays at the default. */
export type TapKeys = Partial<TapSecurity>;

/** How a tap is told of its keys: arguments, environment, and files that last until they are removed. */
export type GivenKeys = {
  readonly args: readonly string[];
  readonly environment: NodeJS.ProcessEnv;
  readonly remove: () => void;
};

/** Writes the keys to files of a temporary folder, as a user has them. */
export function giveKeys(keys: TapKeys): GivenKeys {
  const folder = mkdtempSync(join(tmpdir(), "zmq-tap-keys-"));
  const file = (name: string, pair: CurvePair): string => {
    const path = join(folder, `${name}.key_secret`);
    writeFileSync(path, secretCertificate(pair), { mode: 0o600 });
    return path;
  };
  const option = (name: string, value: string | null | undefined): string[] =>
    // In one word, since a key may begin with a dash.
    value === null || value === undefined ? [] : [`--${name}=${value}`];
  return {
    args: [
      ...option("client-leg", keys.clientLeg?.toLowerCase()),
      ...option("server-leg", keys.serverLeg?.toLowerCase()),
      ...option("curve-server", keys.serverPair && file("server", keys.serverPair)),
      ...option("curve-upstream", keys.serverKey),
      ...option("curve-client", keys.clientPair && file("client", keys.clientPair)),
      ...(keys.clientPairs ?? []).flatMap(({ client, pair }, index) =>
        option("curve-client", `${client}=${file(`client${index}`, pair)}`),
      ),
      ...(keys.allow ?? []).flatMap((key) => option("curve-allow", key)),
      ...option("plain-user", keys.plain?.user),
    ],
    environment: keys.plain ? { ZMQ_TAP_PASSWORD: keys.plain.password } : {},
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** A secret key file as pyzmq's `zmq.auth.create_certificates` lays it out. */
const secretCertificate = ({ publicKey, secretKey }: CurvePair): string =>
  `#   ZeroMQ CURVE **Secret** Certificate\n\nmetadata\ncurve\n    public-key = "${publicKey}"\n    secret-key = "${secretKey}"\n`;
