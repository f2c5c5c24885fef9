import { readXml } from "./decode/xmlTree.ts";
import { MAX_MESSAGE_BYTES } from "./dialects/limits.ts";
import { readRequestHead, type RequestHead } from "./http/request.ts";
import { javascriptBuffer, pythonBytes } from "./literals.ts";
import { pythonCall } from "./pythonXmlRpc.ts";
import { shellText, shellWord } from "./shellWords.ts";

export type CodeFormat = "python" | "javascript" | "command";

const TIMEOUT_S = 5;

/** What a program has to know to make the request again. */
type Request = Omit<RequestHead, "path"> & { readonly url: string; readonly body: Uint8Array };

/**
 * A program, or a command line of curl, that makes a recorded request again, whose frames are `[head][body…]`. A call of
 * XML-RPC is one of Python's xmlrpc.client, where that writes the same values. Credentials are not in it, and it says so.
 * `null` for frames that are no request. Throws a UserError for what no command line can hold.
 */
export function httpCode(format: CodeFormat, server: string, frames: readonly Uint8Array[]): string | null {
  const [first = new Uint8Array(0), ...rest] = frames;
  const head = readRequestHead(first);
  if (head === null) return null;
  const { path, ...kept } = head;
  // A program that asks for compressed answers must open them, and these do not.
  const fields = kept.fields.filter(([name]) => name.toLowerCase() !== "accept-encoding");
  const url = path.startsWith("/") ? `${server}${path}` : path;
  return FORMATS[format]({ ...kept, fields, url, body: Buffer.concat(rest) });
}

const FORMATS: Readonly<Record<CodeFormat, (request: Request) => string>> = {
  python: (request) => xmlRpcCode(request) ?? pythonCode(request),
  javascript: javascriptCode,
  command: curlCommand,
};

/** A call of xmlrpc.client; `null` for what is none, or would not be the same. */
function xmlRpcCode({ method, url, body, hadCredentials }: Request): string | null {
  if (method !== "POST") return null;
  const read = readXml(body, { maxBytes: MAX_MESSAGE_BYTES });
  const call = "problem" in read ? undefined : pythonCall("server", read.root);
  if (call === undefined) return null;
  const lines = [
    "import xmlrpc.client",
    "",
    ...(hadCredentials
      ? ["# The recorded request had credentials: write http://user:password@ if they are needed."]
      : []),
    `server = xmlrpc.client.ServerProxy(${JSON.stringify(url)}, allow_none=True)`,
    `print(${call})`,
  ];
  return `${lines.join("\n")}\n`;
}

function pythonCode({ method, url, fields, body, hadCredentials }: Request): string {
  const { host, path } = partsOf(url);
  const lines = [
    "import http.client",
    "",
    `connection = http.client.HTTPConnection(${JSON.stringify(host)}, timeout=${TIMEOUT_S})`,
    ...(hadCredentials
      ? ["# The recorded request had credentials, which are not kept: add them if they are needed."]
      : []),
    `connection.request(${JSON.stringify(method)}, ${JSON.stringify(path)}, body=${pythonBytes(body)}, headers={`,
    ...fields.map(([name, value]) => `    ${JSON.stringify(name)}: ${JSON.stringify(value)},`),
    "})",
    "response = connection.getresponse()",
    "print(response.status, response.reason)",
    "print(response.read())",
  ];
  return `${lines.join("\n")}\n`;
}

function javascriptCode({ method, url, fields, body, hadCredentials }: Request): string {
  const lines = [
    "// Node.js 20 or later. Save it as call.mjs.",
    ...(hadCredentials
      ? ["// The recorded request had credentials, which are not kept: add them if they are needed."]
      : []),
    `const response = await fetch(${JSON.stringify(url)}, {`,
    `  method: ${JSON.stringify(method)},`,
    "  headers: {",
    ...fields.map(([name, value]) => `    ${JSON.stringify(name)}: ${JSON.stringify(value)},`),
    "  },",
    ...(body.length > 0 ? [`  body: ${javascriptBuffer(body)},`] : []),
    `  signal: AbortSignal.timeout(${TIMEOUT_S * 1000}),`,
    "});",
    "console.log(response.status, response.statusText);",
    "console.log(await response.text());",
  ];
  return `${lines.join("\n")}\n`;
}

function curlCommand({ method, url, fields, body, hadCredentials }: Request): string {
  const hasType = fields.some(([name]) => name.toLowerCase() === "content-type");
  const words = [
    "curl",
    "--silent",
    "--show-error",
    "--max-time",
    String(TIMEOUT_S),
    ...(method === "HEAD" ? ["--head"] : ["--request", method]),
    ...fields.flatMap(([name, value]) => ["--header", value === "" ? `${name};` : `${name}: ${value}`]),
    // Of itself curl would say that it is a form.
    ...(body.length > 0 ? [...(hasType ? [] : ["--header", "Content-Type:"]), "--data-raw", shellText(body)] : []),
    url,
  ];
  const note = hadCredentials ? "# The recorded request had credentials: add --user if they are needed.\n" : "";
  return `${note}${words.map(shellWord).join(" ")}\n`;
}

/** Host with its port, and what is behind. */
function partsOf(url: string): { host: string; path: string } {
  const [, host = "", path = ""] = /^http:\/\/([^/]*)(.*)$/i.exec(url) ?? [];
  return { host, path: path === "" ? "/" : path };
}
