import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import type { McpOptions } from "../../src/cli/mcpArguments.ts";
import { McpSource } from "../../src/cli/mcpSource.ts";
import { Engine } from "../../src/proxy/engine.ts";
import type { Capture } from "../../src/proxy/capture/capture.ts";
import { useTool } from "../../src/shared/assistant/assistant.ts";
import { Redactor } from "../../src/shared/assistant/redactor.ts";
import type { AssistantQuestion, AssistantSource } from "../../src/shared/assistant/source.ts";
import type { AssistantToolName } from "../../src/shared/assistant/tools.ts";
import type { EngineRequests } from "../../src/shared/engineProtocol.ts";
import type { AttachOptions } from "../../src/cli/attachArguments.ts";

type Told = Readonly<Record<string, unknown>>;

export type TestAssistant = {
  readonly engine: Engine;
  readonly capture: Capture;
  readonly source: McpSource;
  /** What a tool answers, read as the JSON that it is. */
  readonly use: (name: AssistantToolName, input?: Readonly<Record<string, unknown>>) => Promise<Told>;
};

/** The tools over a real engine, with a live capture unless `options` have no tap. It ends with the test. */
export function testAssistant(t: TestContext, options: Partial<McpOptions> = {}): TestAssistant {
  const engine: Engine = new Engine({
    maxBytes: 16 * 1024 * 1024,
    hasPictures: true,
    onNotice: (notice) => source.tell(notice),
    onBug: (error) => {
      throw error;
    },
  });
  const source = new McpSource(engine, {
    files: [],
    // Only whether there is one counts here; tests start their own.
    taps: [{} as AttachOptions],
    allowSend: true,
    allowRemote: false,
    redact: true,
    redactNames: [],
    ...options,
  });
  t.after(async () => {
    await source.stop();
    await engine.stop({ isRead: false });
  });
  return {
    engine,
    capture: engine.capture,
    source,
    use: async (name, input) => JSON.parse(await useTool(source, name, input)) as Told,
  };
}

/** A source that knows these answers only. */
export function answering(
  answers: Partial<{ [K in AssistantQuestion]: EngineRequests[K]["answer"] }>,
): AssistantSource {
  return {
    ask: (name) => {
      assert.ok(name in answers, `${name} was not expected`);
      return Promise.resolve(answers[name]!);
    },
    listen: () => () => undefined,
    wait: () => new Promise(() => undefined),
    captures: () => Promise.resolve([{ name: "live", capture: 0 }]),
    redactor: new Redactor(true),
    checkSending: () => undefined,
    send: () => Promise.reject(new Error("nothing is sent here")),
  };
}
