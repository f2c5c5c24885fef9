import type { ProtoFile } from "./decode/protoFiles.ts";
import type { ProtobufSchema } from "./decode/protobufSchema.ts";

/** The message types of the workspace, as the host last sent them. */
export class Protos {
  #schema: ProtobufSchema | null = null;

  /** `null` until files were sent. */
  get schema(): ProtobufSchema | null {
    return this.#schema;
  }

  /** Takes these files in place of those before. Answers with the names of all messages in order, and what is wrong with files. */
  async load(
    files: readonly ProtoFile[],
  ): Promise<{ readonly types: readonly string[]; readonly problems: readonly string[] }> {
    // The parser is a file of its own, which an engine without .proto files never loads.
    const { readProtoFiles } = await import("./decode/protoFiles.ts");
    const { schema, problems } = readProtoFiles(files);
    this.#schema = schema;
    return { types: [...schema.messages.keys()].toSorted(), problems };
  }
}
