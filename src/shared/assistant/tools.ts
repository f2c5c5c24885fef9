/** The tools that assistants are offered, by the editor and by `zmq-tap mcp` alike. */

export const ASSISTANT_TOOLS = [
  "list_zmq_taps",
  "search_zmq_messages",
  "get_zmq_message",
  "list_zmq_findings",
  "explain_zmq_link",
  "call_zmq_service",
] as const;
export type AssistantToolName = (typeof ASSISTANT_TOOLS)[number];

/** Of JSON Schema what these tools need. */
export type InputProperty = {
  readonly type: "string" | "integer" | "array" | "object";
  readonly description: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly maxLength?: number;
  readonly maxItems?: number;
  readonly enum?: readonly string[];
};

export type InputSchema = {
  readonly type: "object";
  readonly properties: Readonly<Record<string, InputProperty>>;
  readonly required?: readonly string[];
  readonly additionalProperties: false;
};

export type AssistantTool = {
  /** What people read in lists. */
  readonly title: string;
  /** For people: what it does. */
  readonly userDescription: string;
  /** For models: what it does, when to use it, and what it answers. */
  readonly modelDescription: string;
  readonly inputSchema: InputSchema;
  /** It only reads what was captured. */
  readonly isReadOnly: boolean;
};

const MAX_FOUND_ROWS = 50;
export const DEFAULT_FOUND_ROWS = 20;
const MAX_MESSAGE_CHARS = 100_000;
export const DEFAULT_MESSAGE_CHARS = 20_000;
const MAX_CALL_MS = 60_000;
export const DEFAULT_CALL_MS = 5_000;

const CAPTURE: InputProperty = {
  type: "string",
  description:
    "Which capture: its name as list_zmq_taps tells it, such as live. Left out: the live capture, or the only one.",
  maxLength: 1000,
};
const ROW: InputProperty = { type: "integer", description: "Number of a row.", minimum: 1 };

const search: AssistantTool = {
  title: "Search ZeroMQ Messages",
  userDescription: "Search the captured ZeroMQ messages and events; short previews only.",
  modelDescription:
    "Searches the rows of a ZeroMQ capture: messages and events of links, numbered in order of arrival. Answers with the " +
    "newest rows that fit, oldest of them first, each with a short preview, and says how many more there are; page back " +
    'with before. For a whole payload use get_zmq_message. The filter is an expression such as: method == "add" and ' +
    'status == error; topic startswith "orders."; body contains "timeout"; latency > 50ms; pending; conn == 3; ' +
    'kind == event; tap == "backend"; json.user.id == 7; a bare word searches topic, method and text. Comparisons are ' +
    "== != < <= > >= contains matches startswith in {…}; join with and, or, not and parentheses.",
  inputSchema: {
    type: "object",
    properties: {
      filter: {
        type: "string",
        description: "Expression of ZMQ Tap's filter language. Left out or empty: all rows.",
        maxLength: 10_000,
      },
      limit: {
        type: "integer",
        description: `Rows to answer with, ${DEFAULT_FOUND_ROWS} unless told.`,
        minimum: 1,
        maximum: MAX_FOUND_ROWS,
      },
      before: { ...ROW, description: "Only rows with a smaller number, to page back." },
      after: { ...ROW, description: "Only rows with a greater number, the first of them; to page on." },
      capture: CAPTURE,
    },
    additionalProperties: false,
  },
  isReadOnly: true,
};

const call: AssistantTool = {
  title: "Call a ZeroMQ Service",
  userDescription: "Call a service through a tap. ZMQ Tap asks you before each call.",
  modelDescription:
    "Sends one request through a tap to its server and waits for the reply: a real call with real effects. The user is " +
    "asked each time and may refuse. Use it only when the user wants the call made. The dialect is how the service is " +
    "spoken to; left out, it is what the tap's messages are in.",
  inputSchema: {
    type: "object",
    properties: {
      tap: { type: "string", description: "Name or id of a running tap, from list_zmq_taps.", maxLength: 1000 },
      method: { type: "string", description: "Method, signal or service, as the dialect names it.", maxLength: 1000 },
      args: { type: "array", description: "Arguments by position.", maxItems: 1000 },
      kwargs: { type: "object", description: "Arguments by name." },
      dialect: {
        type: "string",
        description: "Such as raw, json-rpc, zerorpc, pyzmqrpc3, xml-rpc, majordomo.",
        maxLength: 100,
      },
      fields: { type: "object", description: "Fields of the dialect's own. Secret ones cannot be given." },
      timeoutMs: {
        type: "integer",
        description: `How long to wait for the reply, ${DEFAULT_CALL_MS} ms unless told.`,
        minimum: 1,
        maximum: MAX_CALL_MS,
      },
    },
    required: ["tap", "method"],
    additionalProperties: false,
  },
  isReadOnly: false,
};

/** What is said of each tool. package.json says the same to VS Code; test/shared/assistant/tools.test.ts compares. */
export const TOOLS: Readonly<Record<AssistantToolName, AssistantTool>> = {
  list_zmq_taps: {
    title: "List ZeroMQ Taps",
    userDescription: "List the taps with their links, and the captures that are open.",
    modelDescription:
      "Lists what ZMQ Tap watches: taps (a listening endpoint and the ZeroMQ server behind it) with status, totals and open " +
      "links, clients whose handshakes fail and why, and captures with their number of rows. Begin here.",
    inputSchema: { type: "object", properties: {}, additionalProperties: false },
    isReadOnly: true,
  },
  search_zmq_messages: search,
  get_zmq_message: {
    title: "Get a ZeroMQ Message",
    userDescription: "Read one captured message, decoded.",
    modelDescription:
      "Reads one row of a capture whole: its link, each frame decoded (JSON, MessagePack, CBOR, XML, text, …, else hex), and " +
      "what it says as a call or reply. Long values are cut, and it is said where. Secrets may be shown as [redacted].",
    inputSchema: {
      type: "object",
      properties: {
        row: { ...ROW, description: "Number of the row, n of search_zmq_messages." },
        maxCharacters: {
          type: "integer",
          description: `Longest answer about the payload, ${DEFAULT_MESSAGE_CHARS} characters unless told.`,
          minimum: 500,
          maximum: MAX_MESSAGE_CHARS,
        },
        capture: CAPTURE,
      },
      required: ["row"],
      additionalProperties: false,
    },
    isReadOnly: true,
  },
  list_zmq_findings: {
    title: "List ZeroMQ Findings",
    userDescription: "List what ZMQ Tap found to be wrong, and requests that wait for a reply.",
    modelDescription:
      "Lists what is wrong, or may be, with the captured ZeroMQ traffic: stuck requests, lost or late subscriptions, wrong " +
      "envelopes, failing handshakes, gaps in sequence numbers, insecure transport. Each has a text, advice, and row numbers " +
      "as evidence for get_zmq_message. Also lists pending requests with age and cause. Use it first when something hangs, " +
      "loses messages or never connects.",
    inputSchema: {
      type: "object",
      properties: {
        severity: {
          type: "string",
          description: "The least severity to list; note, which is all, unless told.",
          enum: ["note", "warning", "error"],
        },
        limit: {
          type: "integer",
          description: `Findings to answer with, ${DEFAULT_FOUND_ROWS} unless told.`,
          minimum: 1,
          maximum: MAX_FOUND_ROWS,
        },
        capture: CAPTURE,
      },
      additionalProperties: false,
    },
    isReadOnly: true,
  },
  explain_zmq_link: {
    title: "Explain a ZeroMQ Link",
    userDescription: "Explain one connection: handshake, verdict, subscriptions, pending requests and findings.",
    modelDescription:
      "Explains one link, which is one client's connection through a tap: what was said in its handshake and what that means, " +
      "socket types, identities, mechanism, subscriptions, totals, pending requests, findings and its latest events. Closed " +
      "links too, while they are known.",
    inputSchema: {
      type: "object",
      properties: {
        link: { type: "integer", description: "Number of the link.", minimum: 1 },
        capture: CAPTURE,
      },
      required: ["link"],
      additionalProperties: false,
    },
    isReadOnly: true,
  },
  call_zmq_service: call,
};

/** Whether there is a tool of this name. */
export function isToolName(name: string): name is AssistantToolName {
  return (ASSISTANT_TOOLS as readonly string[]).includes(name);
}
