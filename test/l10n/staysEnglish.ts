/** What looks like words and is none for people, or has a reason to stay English, wherever it stands. */
const PATTERNS: readonly RegExp[] = [
  // For programs that run commands. docs/translating.md says why these stay English.
  /Call the command with|Correct the call of the command/,
  // Names of products and formats.
  /^(ZMQ Tap|Hex|JSON Lines|Mermaid|Pickle|Ping|Pong|Protobuf|Python)$/,
  // Numbers with their units.
  /^\{0\} (ms|min|min \{1\} s)$|^ZMTP \{0\}( \(\{1\}\))?$|^\$\(radio-tower\) ZMQ /,
  // Markup, style sheets, policies, and ids of elements.
  /^\s*<|^--[\w-]+: \{0\}|^minmax\(|^\d+px \{0\}$|^(style|font|img)-src |^ui-monospace|^input, textarea/,
  /^(cell|field|finding|finding-mark|header-cell|link-row|list|result-head|row|tool-button|tree-value)( [a-z-]+|[\w{} -]*\{\d\}.*)$/,
  /^(cell-line problem-text|(edge|evidence|group|more|node|own|pending|topic) \{0\}( \{1\})?|(client|server) \{0\} \{1\})$/,
  // JSON, filters, Mermaid and command lines.
  /^\{\s*"|^time >= |^topic startswith |^size > |^\{0\} and \{1\}$|^if \{0\}$|^ {2}(participant|Note over) |^jupyter console /,
  // What the other processes print, in the output channel.
  /^(demo|engine): \{0\}$/,
  // What goes into a file of the user's.
  /^# Calls of a service/,
];

const SETTINGS = "What is wrong with a setting names its parts.";
const CALL_FILES = "Call files are a language of their own, with what is said about them.";
const SCRIPTS = "For programs that run commands.";
const CODE = "No words.";
const LOG = "For the output channel.";

/** Texts that stay English, by file, each with its reason. */
const REASONS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "src/host/askBridge.ts": { "The bridge {0}": SETTINGS, "It {0}": SETTINGS },
  "src/host/bridgeCommands.ts": { 'The bridge "{0}" {1}': SETTINGS },
  "src/host/callFiles.ts": { "/Results of {0}": CODE },
  "src/host/callLanguage.ts": { " Did you mean {0}?": CALL_FILES, "Change to {0}": CALL_FILES },
  "src/host/callSource.ts": { "{0} is too long.": CALL_FILES },
  "src/host/commandArguments.ts": {
    "a whole number": SCRIPTS,
    "true or false": SCRIPTS,
    "a list of texts": SCRIPTS,
    "one of {0}": SCRIPTS,
    'an object such as {"kind": "rep-req", "in": "tcp://127.0.0.1:*", "out": …}': SCRIPTS,
    '"all", "filtered", "selected" or a list of row numbers': SCRIPTS,
    "a text, a number, true or false": SCRIPTS,
    'a target such as {"kind":"endpoint","endpoint":"tcp://127.0.0.1:5556"}': SCRIPTS,
    'a list of frames such as {"format":"text","text":"hello"}': SCRIPTS,
    'one of {0}, or for a call "own:" and the name of one of your own': SCRIPTS,
    "a list of values": SCRIPTS,
    "an object of values by name": SCRIPTS,
    'a timing such as {"kind":"recorded","speed":1} or {"kind":"wait"}': SCRIPTS,
    '"public" or "secret"': SCRIPTS,
    'an object with names of keys, such as {"serverPair": "backend"}, and without any secret': SCRIPTS,
    "a public key": SCRIPTS,
    '"{0}" cannot be chosen here: messages are shown to dialects of your own first in any case. Choose one of {1}.':
      SCRIPTS,
  },
  "src/host/nameSequences.ts": { "zmqTap.findings.sequences: {0}": SETTINGS },
  "src/host/interventionCommands.ts": { "freeze server": CODE },
  "src/host/readyDemo.ts": { "The demo": "The rest of the sentence is the engine's." },
  "src/host/waitingEngine.ts": {
    "the workspace is not trusted": LOG,
    "it is of another version": LOG,
    "its connection closed": LOG,
  },
  "src/shared/viewCheck.ts": { "of another shape": CODE },
  "src/shared/socks.ts": {
    "every destination": "What stands in place of an endpoint.",
    'socket.setsockopt(zmq.SOCKS_PROXY, b"{0}")': CODE,
    'zmq_setsockopt(socket, ZMQ_SOCKS_PROXY, "{0}", {1});': CODE,
    'socket.set(zmq::sockopt::socks_proxy, "{0}");': CODE,
  },
  "src/shared/tapText.ts": { "tap {0}": "A name for a tap, which settings and filters repeat." },
  "webview/emptyState.ts": { connect: CODE },
  "webview/sequenceFile.ts": { "ZeroMQ messages, {0} rows": "The title within a file." },
  "webview/topology.ts": { "ZeroMQ peers and taps": "The title within a file." },
};

/** The texts of `REASONS`, by file. */
export const ENGLISH: Readonly<Record<string, readonly string[]>> = Object.fromEntries(
  Object.entries(REASONS).map(([file, texts]) => [file, Object.keys(texts)]),
);

export function staysEnglish(file: string, text: string): boolean {
  return PATTERNS.some((pattern) => pattern.test(text)) || ENGLISH[file]?.includes(text) === true;
}

/** Files of `src/shared` that speak English in any language: languages of our own, settings, assistants, handshakes. */
export function speaksEnglish(file: string): boolean {
  const match = /^src\/shared\/(?:(filter|zmqrpc|assistant)\/|(.*)[.]ts$)/.exec(file);
  return match !== null && (match[1] !== undefined || ENGLISH_MODULES.has(match[2] ?? ""));
}

const ENGLISH_MODULES = new Set([
  ...["bridges", "bridgeSettings", "settingsCheck", "keys/securityNames", "sequences", "ownDialects"],
  ...["interventions", "interventionSpec", "jupyterConnection", "filterText", "keys/zcert"],
  ...["verdictText", "handshakeSteps", "channel", "recordReader", "userError", "zeromqMissing"],
]);
