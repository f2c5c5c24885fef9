/** The message types of `.proto` files, as a decoder needs them. Names are full and without a leading dot. */
export type ProtobufSchema = {
  readonly messages: ReadonlyMap<string, ProtobufMessage>;
  readonly enums: ReadonlyMap<string, ReadonlyMap<number, string>>;
};

/** Fields by number. */
export type ProtobufMessage = ReadonlyMap<number, ProtobufField>;

export type ProtobufField = {
  readonly name: string;
  /** A scalar as `.proto` files write it, or the name of a message or enum as it is written there. */
  readonly type: string;
  readonly isRepeated: boolean;
  /** Of a map: the type of its keys; `type` is that of its values. */
  readonly keyType: string | null;
};

/** The full name of a type that is written in `scope`: innermost first, as the language has it. */
export function resolveType(schema: ProtobufSchema, scope: string, written: string): string | undefined {
  const isThere = (name: string): boolean => schema.messages.has(name) || schema.enums.has(name);
  if (written.startsWith(".")) return isThere(written.slice(1)) ? written.slice(1) : undefined;
  for (let prefix = scope; prefix !== ""; prefix = prefix.slice(0, Math.max(0, prefix.lastIndexOf(".")))) {
    if (isThere(`${prefix}.${written}`)) return `${prefix}.${written}`;
  }
  return isThere(written) ? written : undefined;
}
