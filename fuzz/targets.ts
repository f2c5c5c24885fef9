import type { TargetTable } from "./target.ts";

/** Sources whose blocks count as something new. */
export const sources = /\/(?:src|webview|webClient)\//;

/** All targets by name, in the order in which they are fuzzed. */
export const targets: TargetTable = {
  wire: async () => (await import("./targets/wire.ts")).wire,
  "wire-octets": async () => (await import("./targets/wire.ts")).wireOctets,
  rekeyed: async () => (await import("./targets/wire.ts")).rekeyed,
  http: async () => (await import("./targets/streams.ts")).http,
  socks: async () => (await import("./targets/streams.ts")).socks,
  envelope: async () => (await import("./targets/streams.ts")).envelope,
  records: async () => (await import("./targets/streams.ts")).records,
  "capture-file": async () => (await import("./targets/captures.ts")).captureFile,
  "capture-octets": async () => (await import("./targets/captures.ts")).captureFileOctets,
  segments: async () => (await import("./targets/captures.ts")).segments,
  queue: async () => (await import("./targets/captures.ts")).queue,
  decoders: async () => (await import("./targets/payloads.ts")).decoders,
  choices: async () => (await import("./targets/payloads.ts")).choices,
  protos: async () => (await import("./targets/payloads.ts")).protos,
  dialects: async () => (await import("./targets/payloads.ts")).dialects,
  calls: async () => (await import("./targets/payloads.ts")).calls,
  "filter-text": async () => (await import("./targets/filters.ts")).filterText,
  filter: async () => (await import("./targets/filters.ts")).filter,
  "filter-written": async () => (await import("./targets/filters.ts")).written,
  regex: async () => (await import("./targets/filters.ts")).regex,
  keys: async () => (await import("./targets/texts.ts")).keys,
  settings: async () => (await import("./targets/texts.ts")).settings,
  endpoints: async () => (await import("./targets/texts.ts")).endpoints,
  "call-files": async () => (await import("./targets/texts.ts")).callFiles,
  interventions: async () => (await import("./targets/texts.ts")).interventions,
  "command-line": async () => (await import("./targets/texts.ts")).commandLine,
  redaction: async () => (await import("./targets/privacy.ts")).redaction,
  tools: async () => (await import("./targets/privacy.ts")).tools,
  relay: async () => (await import("./targets/programs.ts")).relay,
  "view-asks": async () => (await import("./targets/programs.ts")).viewAsks,
  "engine-asks": async () => (await import("./targets/programs.ts")).engineAsks,
  pipe: async () => (await import("./targets/programs.ts")).pipe,
};
