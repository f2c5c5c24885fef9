import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { OwnDialects } from "../../src/proxy/ownDialects.ts";
import type { OwnKind } from "../../src/shared/ownDialects.ts";

const SCRIPT = fileURLToPath(new URL("../../src/proxy/ownDialects/worker.ts", import.meta.url));
const DOCUMENT = new URL("../../docs/own-dialects.md", import.meta.url);

/** The modules of the documentation: a dialect and a decoder. */
export const OWN_EXAMPLES = [...readFileSync(DOCUMENT, "utf8").matchAll(/```js\n(.*?)```/gs)].map(([, code]) => code!);

type Told = {
  readonly kind?: OwnKind;
  readonly onOff?: (message: string) => void;
  readonly onLate?: () => void;
};

/** Modules by their names, written to files, and in processes that end with the test. */
export async function ownDialects(
  t: TestContext,
  modules: Readonly<Record<string, string>>,
  { kind = "dialect", onOff = () => undefined, onLate = () => undefined }: Told = {},
): Promise<OwnDialects> {
  const folder = await mkdtemp(join(tmpdir(), "zmq-tap-own-"));
  t.after(() => rm(folder, { recursive: true }));
  const own = new OwnDialects({ script: SCRIPT, onOff: (_name, message) => onOff(message), onLate });
  t.after(() => own.stop());
  const named = Object.keys(modules).map((name) => ({ name, kind, module: join(folder, `${name}.mjs`) }));
  for (const { name, module } of named) await writeFile(module, modules[name]!);
  own.set(named);
  return own;
}
