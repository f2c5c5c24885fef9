import { once } from "node:events";
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js";
import { CallToolRequestSchema, type CallToolResult, ListToolsRequestSchema } from "@modelcontextprotocol/sdk/types.js";
import { useTool } from "../shared/assistant/assistant.ts";
import { ASSISTANT_TOOLS, isToolName, TOOLS } from "../shared/assistant/tools.ts";
import { toRefusal, UserError } from "../shared/userError.ts";
import { collectInOneStep } from "../proxy/collector.ts";
import { Engine } from "../proxy/engine.ts";
import { startTaps } from "./attach.ts";
import type { McpOptions } from "./mcpArguments.ts";
import { McpSource } from "./mcpSource.ts";
import { Output } from "./output.ts";

const MAX_BYTES = 256 * 1024 * 1024;
const INSTRUCTIONS =
  "ZMQ Tap watches ZeroMQ traffic. Begin with list_zmq_taps, then list_zmq_findings for what is wrong, " +
  "search_zmq_messages for rows and get_zmq_message for one of them whole.";

/**
 * Serves assistants on stdin and stdout until stdin ends, or a signal. stdout carries the protocol and nothing else. Resolves
 * with the exit code.
 */
export async function mcp(options: McpOptions, version: string): Promise<number> {
  collectInOneStep();
  const stderr = new Output(2);
  const logBug = (error: unknown): void =>
    void stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  const engine: Engine = new Engine({
    maxBytes: MAX_BYTES,
    hasPictures: true,
    onNotice: (notice) => source.tell(notice),
    onBug: logBug,
  });
  const source = new McpSource(engine, options);
  const ending = new AbortController();
  const end = (): void => ending.abort();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, end);
  process.stdin.once("end", end).once("close", end);
  try {
    for (const file of options.files) await source.open(file);
    for (const [index, tap] of options.taps.entries()) {
      await stderr.write(`${await startTaps(engine, tap, `cli-${index + 1}`)}\n`);
    }
    const server = makeServer(source, options, version, logBug);
    await server.connect(new StdioServerTransport());
    if (!ending.signal.aborted) await once(ending.signal, "abort");
    await server.close();
    return 0;
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    await stderr.write(`${error.message}\n`);
    return 1;
  } finally {
    await source.stop();
    await engine.stop({ isRead: false });
  }
}

function makeServer(
  source: McpSource,
  options: McpOptions,
  version: string,
  logBug: (error: unknown) => void,
): McpServer {
  const info = { name: "zmq-tap", title: "ZMQ Tap", version };
  const mcpServer = new McpServer(info, { capabilities: { tools: {} }, instructions: INSTRUCTIONS });
  // Its own way to offer tools takes schemas of another kind; the editor shares those of this table.
  const { server } = mcpServer;
  server.onerror = (error) => logBug(error.message);
  const offered = ASSISTANT_TOOLS.filter((name) => options.allowSend || TOOLS[name].isReadOnly);
  server.setRequestHandler(ListToolsRequestSchema, () => ({
    tools: offered.map((name) => {
      const { title, modelDescription, inputSchema, isReadOnly } = TOOLS[name];
      return {
        name,
        title,
        description: modelDescription,
        inputSchema,
        annotations: { title, readOnlyHint: isReadOnly, destructiveHint: !isReadOnly, openWorldHint: !isReadOnly },
      };
    }),
  }));
  server.setRequestHandler(CallToolRequestSchema, async ({ params }): Promise<CallToolResult> => {
    try {
      if (!isToolName(params.name)) {
        throw new UserError("no-such-tool", `There is no tool "${params.name}". There are ${offered.join(", ")}.`);
      }
      return { content: [{ type: "text", text: await useTool(source, params.name, params.arguments) }] };
    } catch (error) {
      if (!(error instanceof UserError)) logBug(error);
      return { content: [{ type: "text", text: toRefusal(error).message }], isError: true };
    }
  });
  return mcpServer;
}
