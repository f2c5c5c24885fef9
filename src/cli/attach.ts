import type { Engine } from "../proxy/engine.ts";
import type { Fidelity } from "../shared/pictures.ts";
import { ANY_DESTINATION, socksLines } from "../shared/socks.ts";
import type { AttachOptions } from "./attachArguments.ts";
import { fidelityText } from "./fidelityText.ts";
import { attachKernel } from "./jupyterKernel.ts";
import { readSecurity } from "./keyOptions.ts";
import { watch } from "./watch.ts";

/** The tap's id, which nobody sees. */
const TAP = "cli";

/** Runs a tap until a signal, --count, or a reader that goes away. Resolves with the exit code. */
export function attach(options: AttachOptions): Promise<number> {
  return watch(options, async (engine) => {
    let found: readonly NamedFidelity[] = [];
    return {
      told: await startTaps(engine, options, "cli"),
      messages: () => engine.taps.reduce((sum, tap) => sum + tap.messages, 0),
      bytes: () => engine.taps.reduce((sum, tap) => sum + tap.bytes, 0),
      stop: async () => {
        // The destinations of a SOCKS server are forgotten when it stops.
        if (options.stats && options.socks !== null) found = await fidelities(engine);
      },
      prove: async () => {
        if (!options.stats) return null;
        if (options.socks === null) found = await fidelities(engine);
        const text = found.map(({ name, fidelity }) => fidelityText(name, fidelity)).join("");
        return { text, isProved: found.every(({ fidelity }) => fidelity.problems.length === 0) };
      },
    };
  });
}

type NamedFidelity = { readonly name: string; readonly fidelity: Fidelity };

/** Of each tap, and of a SOCKS server as a whole. */
function fidelities(engine: Engine): Promise<NamedFidelity[]> {
  const taps = engine.taps.filter(({ config }) => config.door === undefined);
  return Promise.all(taps.map(async ({ config: { id, name } }) => ({ name, fidelity: await engine.fidelity(id) })));
}

/** Starts what is to be tapped, as the tap of that id; says where clients connect. */
export async function startTaps(engine: Engine, options: AttachOptions, id: string): Promise<string> {
  if (options.jupyter !== null) {
    const file = await attachKernel(engine, options.jupyter, options.name);
    return `tapping the kernel of ${options.jupyter}: let its clients open ${file}, which holds its key`;
  }
  const security = options.keys === null ? null : readSecurity(options.keys, process.env);
  const { socks } = options;
  const destinations = (socks?.destinations ?? []).map(({ pattern, keys }) => ({
    pattern,
    security: readSecurity(keys, process.env),
  }));
  const config = {
    id,
    name: options.name,
    server: options.server,
    listen: options.listen,
    ...(options.sockets === null ? {} : { sockets: options.sockets }),
    ...(options.dialect === null ? {} : { dialect: options.dialect }),
    ...(socks === null ? {} : { socks: { allow: socks.allow } }),
  };
  const { listening } = await engine.startTap(config, security, undefined, destinations);
  engine.sequences = options.sequences;
  if (options.watchesAll) await engine.watchAll(config.id, true);
  if (socks !== null) {
    const reached = socks.allow.length === 0 ? ANY_DESTINATION : socks.allow.join(", ");
    const [python] = socksLines(listening);
    return `listening on ${listening} for ${reached} by SOCKS5\nin the program, before connect: ${python?.line ?? ""}`;
  }
  const changing = await startFaults(engine, options);
  return [`listening on ${listening} for ${options.server}`, ...changing].join("\n");
}

/** Starts what --fault asks for; says it, since traffic is not what it was any more. */
async function startFaults(engine: Engine, { faults, seed }: AttachOptions): Promise<readonly string[]> {
  if (faults.length === 0) return [];
  const interventions = await engine.interventions();
  for (const spec of faults) await interventions.start(TAP, spec, seed ?? undefined);
  return faults.map((spec) => `changing traffic: ${spec}`);
}
