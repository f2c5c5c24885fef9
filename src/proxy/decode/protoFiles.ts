import protobuf from "protobufjs";
import type { ProtobufField, ProtobufMessage, ProtobufSchema } from "./protobufSchema.ts";

export type ProtoFile = { readonly path: string; readonly text: string };

/** Types of all files together; further ones are left out. */
const MAX_TYPES = 20_000;
const MAX_DEPTH = 32;
const MAX_PROBLEMS = 20;
const PROBLEM_CHARS = 200;
/** Google's own types, which files import without having them in the workspace. */
const WELL_KNOWN = ["any", "duration", "empty", "field_mask", "struct", "timestamp", "wrappers"];

/** What parsed files hold, as the parser writes it down. */
type Node = {
  readonly nested?: Readonly<Record<string, Node>>;
  readonly fields?: Readonly<Record<string, FieldNode>>;
  readonly values?: Readonly<Record<string, number>>;
};
type FieldNode = { readonly rule?: string; readonly type: string; readonly id: number; readonly keyType?: string };

/**
 * The types of `.proto` files. Each is parsed alone and their types are put together by name, the first definition of each;
 * imports need not be found. A file with an error is left out, and told of in a sentence. Only the parser of the library is
 * used: its codecs make code at run time.
 */
export function readProtoFiles(files: readonly ProtoFile[]): {
  readonly schema: ProtobufSchema;
  readonly problems: readonly string[];
} {
  const messages = new Map<string, ProtobufMessage>();
  const enums = new Map<string, ReadonlyMap<number, string>>();
  const problems: string[] = [];
  for (const { path, text } of files) {
    try {
      const { root } = protobuf.parse(text, new protobuf.Root(), { keepCase: true });
      collect(root.toJSON() as Node, "", 0);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      if (problems.length < MAX_PROBLEMS) problems.push(`${path} cannot be read: ${why.slice(0, PROBLEM_CHARS)}.`);
    }
  }
  for (const name of WELL_KNOWN) {
    const known = protobuf.common.get(`google/protobuf/${name}.proto`);
    if (known !== null) collect(known as Node, "", 0);
  }
  return { schema: { messages, enums }, problems };

  function collect(node: Node, name: string, depth: number): void {
    if (depth > MAX_DEPTH || messages.size + enums.size >= MAX_TYPES) return;
    if (node.fields !== undefined && !messages.has(name)) messages.set(name, fieldsOf(node.fields));
    if (node.values !== undefined && !enums.has(name)) {
      enums.set(name, new Map(Object.entries(node.values).map(([word, number]) => [number, word])));
    }
    for (const [inner, child] of Object.entries(node.nested ?? {})) {
      collect(child, name === "" ? inner : `${name}.${inner}`, depth + 1);
    }
  }
}

function fieldsOf(fields: Readonly<Record<string, FieldNode>>): ProtobufMessage {
  return new Map(
    Object.entries(fields).map(([name, { rule, type, id, keyType }]): [number, ProtobufField] => [
      id,
      { name, type, isRepeated: rule === "repeated", keyType: keyType ?? null },
    ]),
  );
}
