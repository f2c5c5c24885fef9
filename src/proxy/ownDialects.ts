import { setTimeout as pause } from "node:timers/promises";
import type { DialectCall, DialectInfo, Said } from "../shared/dialects.ts";
import type { Decoded, MessageDetail, Row } from "../shared/model.ts";
import type { OwnKind, OwnModule } from "../shared/ownDialects.ts";
import type { Capture } from "./capture/capture.ts";
import { writeJson } from "./decode/jsonText.ts";
import type { DialectMessage, EncodedCall } from "./dialects/dialect.ts";
import { payloadOf } from "./dialects/envelope.ts";
import { checkedFrames, checkedSaid } from "./ownDialects/checkedAnswer.ts";
import { ModuleProcess } from "./ownDialects/moduleProcess.ts";
import { titledDetail } from "./titledDetail.ts";
import { visibleText } from "./visibleText.ts";

/** Longer messages are not shown to a module: the octets of all frames, and their number. */
const MAX_MESSAGE_BYTES = 65_536;
const MAX_FRAMES = 256;
/** Rows of a capture whose saying is remembered. */
const MAX_REMEMBERED = 4_096;
/** How long rows wait for what modules say of them; what comes later is there the next time they are read. */
const ROWS_MS = 400;
const METHOD_CHARS = 80;
const PROBLEM_CHARS = 200;

/** What a module says of a message. */
type OwnSaid = { readonly dialect: string; readonly title: string; readonly said: Said };

export type OwnOptions = {
  /** File of their processes: worker.ts of this folder's ownDialects, or its bundle. */
  readonly script: string;
  /** Told once of a module that is off, in a message for the user that names it. */
  readonly onOff: (name: string, message: string) => void;
  /** Told when rows that were read without waiting longer would now be others. */
  readonly onLate: () => void;
};

/**
 * Dialects and decoders of the user's: modules in worker processes of their own. They are asked first, and what they return null for
 * is left to those that are built in. Everything is asked behind the traffic, which never waits for it.
 */
export class OwnDialects {
  readonly #options: OwnOptions;
  #modules: readonly ModuleProcess[] = [];
  #said = new WeakMap<Capture, Map<number, Promise<OwnSaid | null>>>();

  constructor(options: OwnOptions) {
    this.#options = options;
  }

  /** Replaces all modules. Those that were off are loaded anew. */
  set(modules: readonly OwnModule[]): void {
    this.stop();
    const { script, onOff } = this.#options;
    this.#modules = modules.map((module) => {
      const { name, kind, module: path } = module;
      const off = (problem: string): void =>
        onOff(
          name,
          `The ${kind} "${name}" is switched off: ${problem}. Correct ${path} and save it, which loads it again, or remove it from the setting "zmqTap.dialects".`,
        );
      return new ModuleProcess(module, script, off);
    });
  }

  stop(): void {
    for (const own of this.#modules) own.stop();
    this.#modules = [];
    this.#said = new WeakMap();
  }

  /** Names of the modules that work, in the order of the setting. */
  names(kind: OwnKind): readonly string[] {
    return this.#working(kind).map((own) => own.module.name);
  }

  /** What forms need to know of the dialects that write calls, once all are loaded. */
  async infos(): Promise<readonly DialectInfo[]> {
    await Promise.all(this.#modules.map((own) => own.loaded));
    const calling = this.#working("dialect").filter((own) => own.canEncode);
    return calling.map(({ module, title }) => ({
      name: `own:${module.name}`,
      title,
      meaning: `A dialect of your own, ${module.module}.`,
      socket: "REQ",
      takesArgs: true,
      takesKwargs: true,
      fields: [],
      canCall: true,
    }));
  }

  /** The rows with what modules say of their messages. */
  async withSaid(capture: Capture, rows: readonly Row[]): Promise<readonly Row[]> {
    const working = this.#working("dialect");
    if (working.length === 0) return rows;
    await Promise.all(working.map((own) => own.loaded));
    const known = new Map<number, OwnSaid>();
    const asked = rows.flatMap(({ n, kind, partner }) => (kind === "message" ? [n, partner] : []));
    const wanted = [...new Set(asked)].filter((n) => n !== null);
    const ending = new AbortController();
    let isLate = false;
    const all = Promise.all(
      wanted.map(async (n) => {
        const said = await this.#saidOf(capture, n);
        if (said !== null) known.set(n, said);
      }),
    ).then(() => {
      if (isLate && known.size > 0) this.#options.onLate();
    });
    await Promise.race([all, pause(ROWS_MS, undefined, { signal: ending.signal }).catch(() => undefined)]);
    isLate = true;
    ending.abort();
    return rows.map((row) => ownRow(row, known.get(row.n), row.partner === null ? undefined : known.get(row.partner)));
  }

  /** The message's detail with what a module says of it. */
  async withDetail(capture: Capture, detail: MessageDetail): Promise<MessageDetail> {
    if (detail.row.kind !== "message") return detail;
    const [row = detail.row] = await this.withSaid(capture, [detail.row]);
    const own = await this.#saidOf(capture, row.n);
    if (own === null) return { ...detail, row };
    const { dialect, title, said } = own;
    return { ...detail, row, said: titledDetail({ dialect, title, isChosen: true, read: { said } }) };
  }

  /** A frame as the first decoder makes of it that takes it for its own, or as `name` does; `null` when there is none. */
  async decode(
    bytes: Uint8Array,
    name: string | null,
  ): Promise<{ readonly decoder: "own"; readonly decoded: Decoded } | null> {
    for (const own of this.#working("decoder")) {
      if (name !== null && name !== "" && own.module.name !== name) continue;
      const raw = await own.ask("decode", Uint8Array.from(bytes));
      const answer = raw?.answer ?? null;
      if (answer === null) continue;
      own.succeeded();
      return { decoder: "own", decoded: decodedOf(answer) };
    }
    return null;
  }

  /** The frames of a call as a module writes it, as a program hands them to its socket; `null` for a name that is no module's. */
  async encode(name: string, call: DialectCall): Promise<EncodedCall | null> {
    const own = this.#dialect(name);
    if (own === undefined) return null;
    await own.loaded;
    if (!own.canEncode) return { problem: `The dialect "${name}" writes no calls: its module has no encode function.` };
    const raw = await own.ask("encode", call);
    if (raw === null) return { problem: `The dialect "${name}" did not write this call, or is off.` };
    if (raw.problem !== undefined) return { problem: `The dialect "${name}" cannot write this call: ${raw.problem}.` };
    const frames = checkedFrames(raw.answer);
    if ("problem" in frames) {
      own.failed(frames.problem);
      return { problem: `The dialect "${name}" cannot write this call: ${frames.problem}.` };
    }
    own.succeeded();
    return { frames };
  }

  /** What the module of that name says of a message, or the first one that takes it for its own; `null` when there is none, or it is too long. */
  async read(
    message: DialectMessage,
    name: string | null = null,
  ): Promise<{ readonly dialect: string; readonly said: Said } | null> {
    const { frames, sender, receiver } = message;
    const sizeBytes = frames.reduce((sum, frame) => sum + frame.length, 0);
    if (frames.length > MAX_FRAMES || sizeBytes > MAX_MESSAGE_BYTES) return null;
    for (const own of this.#working("dialect")) {
      if (name !== null && own.module.name !== name) continue;
      const raw = await own.ask("decode", { frames, payload: payloadOf(frames), sender, receiver });
      if (raw === null) continue;
      const said = checkedSaid(raw.answer);
      if (said !== null && "problem" in said && !("kind" in said)) {
        own.failed(said.problem);
        continue;
      }
      own.succeeded();
      if (said !== null) return { dialect: own.module.name, said };
    }
    return null;
  }

  #dialect(name: string): ModuleProcess | undefined {
    return this.#modules.find(({ module }) => module.kind === "dialect" && module.name === name);
  }

  #working(kind: OwnKind): readonly ModuleProcess[] {
    return this.#modules.filter((own) => own.module.kind === kind && !own.isOff);
  }

  #saidOf(capture: Capture, n: number): Promise<OwnSaid | null> {
    let known = this.#said.get(capture);
    if (known === undefined) this.#said.set(capture, (known = new Map<number, Promise<OwnSaid | null>>()));
    const found = known.get(n);
    if (found !== undefined) return found;
    const asked = this.#ask(capture, n);
    if (known.size >= MAX_REMEMBERED) known.delete(known.keys().next().value!);
    known.set(n, asked);
    return asked;
  }

  async #ask(capture: Capture, n: number): Promise<OwnSaid | null> {
    const message = await messageOf(capture, n);
    if (message === null) return null;
    const read = await this.read(message);
    return read === null ? null : { ...read, title: this.#dialect(read.dialect)?.title ?? read.dialect };
  }
}

/** A row's frames with who sent them; `null` when there are too many, or some are no longer kept. */
async function messageOf(capture: Capture, n: number): Promise<DialectMessage | null> {
  if (!capture.isInMemory(n)) await capture.prepare(n);
  const raw = capture.row(n);
  if (raw?.kind !== "message" || raw.link === null || raw.sizeBytes > MAX_MESSAGE_BYTES) return null;
  const { frames, more } = capture.framePrefixes(n, MAX_FRAMES, MAX_MESSAGE_BYTES);
  if (more > 0 || frames.some(({ sizeBytes, prefix }) => prefix.length < sizeBytes)) return null;
  const { client, server } = raw.link.sockets;
  const [sender, receiver] = raw.direction === 0 ? [client, server] : [server, client];
  return { frames: frames.map(({ prefix }) => prefix), sender, receiver };
}

function ownRow(row: Row, own: OwnSaid | undefined, partner: OwnSaid | undefined): Row {
  if (own === undefined) return row;
  const { dialect, said } = own;
  const failed =
    said.kind === "error" ? said : said.kind === "call" && partner?.said.kind === "error" ? partner.said : null;
  return {
    ...row,
    dialect,
    saidKind: said.kind,
    method: visibleText(said.method, METHOD_CHARS),
    isHeartbeat: said.kind === "heartbeat",
    ...(failed === null
      ? {}
      : { status: "error", problem: visibleText(failed.problem ?? failed.code ?? "", PROBLEM_CHARS) }),
  };
}

/** Text stays text, everything else is shown as a tree. */
function decodedOf(answer: unknown): Decoded {
  if (typeof answer === "string")
    return { kind: "text", text: answer.slice(0, MAX_DECODED_CHARS), truncated: answer.length > MAX_DECODED_CHARS };
  return { kind: "tree", ...writeJson(answer, MAX_DECODED_CHARS) };
}

const MAX_DECODED_CHARS = 256 * 1024;
