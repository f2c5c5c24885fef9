import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import type { Tool } from "@modelcontextprotocol/sdk/types.js";

const MAIN = fileURLToPath(new URL("../../../src/cli/main.ts", import.meta.url));

/** What a tool answered: the text of its answer, and that read as JSON. */
type Told = Readonly<Record<string, unknown>>;

/** `zmq-tap mcp` as a process of its own, asked by a client of the official library. */
export class McpClient {
  readonly #client: Client;
  readonly #transport: StdioClientTransport;
  stderr = "";
  #wake = (): void => undefined;

  private constructor(args: readonly string[]) {
    this.#client = new Client({ name: "zmq-tap-test", version: "1" });
    this.#transport = new StdioClientTransport({
      command: process.execPath,
      args: [MAIN, "mcp", ...args],
      stderr: "pipe",
    });
    this.#transport.stderr!.on("data", (part: Buffer) => {
      this.stderr += part.toString();
      this.#wake();
    });
  }

  /** Resolves when the server has said who it is. It ends with the test. */
  static async start(t: TestContext, ...args: readonly string[]): Promise<McpClient> {
    const client = new McpClient(args);
    t.after(() => client.close());
    await client.#client.connect(client.#transport);
    return client;
  }

  get pid(): number {
    return this.#transport.pid!;
  }

  get server(): { readonly name: string; readonly version: string } {
    return this.#client.getServerVersion()!;
  }

  /** Where clients of its first tap connect. */
  async endpoint(): Promise<string> {
    for (;;) {
      const [, endpoint] = /^listening on (\S+) for /m.exec(this.stderr) ?? [];
      if (endpoint !== undefined) return endpoint;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  async tools(): Promise<readonly Tool[]> {
    return (await this.#client.listTools()).tools;
  }

  /** The text that a tool answers with, and whether it is an error. */
  async text(name: string, args: Told = {}): Promise<{ readonly text: string; readonly isError: boolean }> {
    const { content, isError } = await this.#client.callTool({ name, arguments: args });
    const [part] = content as readonly { readonly type: string; readonly text: string }[];
    assert.equal(part?.type, "text");
    return { text: part.text, isError: isError === true };
  }

  /** What a tool answers. */
  async use(name: string, args: Told = {}): Promise<Told> {
    const { text, isError } = await this.text(name, args);
    assert.equal(isError, false, text);
    return JSON.parse(text) as Told;
  }

  /** The sentence with which a tool refuses. */
  async refusal(name: string, args: Told = {}): Promise<string> {
    const { text, isError } = await this.text(name, args);
    assert.equal(isError, true, text);
    return text;
  }

  close(): Promise<void> {
    return this.#client.close();
  }
}
