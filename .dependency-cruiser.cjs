// Who may import whom. Built-ins are matched by type, packages by their folder under node_modules.
const only = (name, from, allowed, options = {}) => ({
  name,
  severity: "error",
  from: { path: from, ...(options.except ? { pathNot: options.except } : {}) },
  to: {
    pathNot: allowed,
    ...(options.builtIns ? { dependencyTypesNot: ["core"] } : {}),
  },
});
const npm = (...names) => names.map((name) => `^node_modules/(@types/)?${name}/`);
const pure = ["^src/shared/"];

module.exports = {
  forbidden: [
    { name: "no-circular", severity: "error", from: {}, to: { circular: true } },
    only("shared-imports-nothing", "^src/shared/", pure),
    only("wire-is-pure", "^src/proxy/wire/", [...pure, "^src/proxy/wire/"]),
    only("decode-is-pure", "^src/proxy/decode/", [
      ...pure,
      "^src/proxy/decode/",
      "^(node:)?zlib$",
      ...npm("msgpackr", "protobufjs", "sax"),
    ]),
    only("dialects-are-pure", "^src/proxy/dialects/", [
      ...pure,
      "^src/proxy/(dialects|decode)/",
      "^(node:)?zlib$",
      ...npm("msgpackr"),
    ]),
    only("http-is-pure", "^src/proxy/http/", [...pure, "^src/proxy/(http|wire)/"]),
    only("crypto", "^src/proxy/crypto/", [...pure, "^src/proxy/(crypto|wire/curve)/", ...npm("libsodium-sumo")], {
      builtIns: true,
    }),
    only("relay", "^src/proxy/relay/", [...pure, "^src/proxy/(relay|wire)/", "^src/proxy/faults[.]ts$"], {
      builtIns: true,
    }),
    only("capture", "^src/proxy/capture/", [...pure, "^src/proxy/(capture|wire)/", "^src/proxy/faults[.]ts$"], {
      builtIns: true,
    }),
    only("filter", "^src/proxy/filter/", [...pure, "^src/proxy/(filter|decode)/"], { builtIns: true }),
    only("findings", "^src/proxy/findings/", [
      ...pure,
      "^src/proxy/(findings|filter|wire|decode)/",
      "^src/proxy/(rowReader|visibleText)[.]ts$",
    ]),
    only(
      "pictures",
      "^src/proxy/pictures/",
      [
        ...pure,
        "^src/proxy/(pictures|capture|relay)/",
        "^src/proxy/findings/rule[.]ts$",
        "^src/proxy/(rowReader|openLinks|eventWords|envelope|visibleText)[.]ts$",
      ],
      { builtIns: true },
    ),
    only("interventions", "^src/proxy/interventions/", [...pure, "^src/proxy/(interventions|wire)/"]),
    only("files", "^src/proxy/files/", [...pure, "^src/proxy/(files|capture|wire)/", "^src/proxy/faults[.]ts$"], {
      builtIns: true,
    }),
    only(
      "rpc",
      "^src/proxy/rpc/",
      [
        ...pure,
        "^src/proxy/(rpc|http|wire|dialects|decode)/",
        "^src/proxy/(faults|dialectTools|zeromq)[.]ts$",
        ...npm("zeromq"),
      ],
      {
        builtIns: true,
      },
    ),
    only(
      "bridge",
      "^src/proxy/bridge/",
      [
        ...pure,
        "^src/proxy/(bridge|wire|dialects|decode)/",
        "^src/proxy/(faults|dialectTools|socketLink|zeromq)[.]ts$",
        ...npm("zeromq", "ws"),
      ],
      { builtIns: true },
    ),
    only("web-client", "^webClient/", ["^webClient/"]),
    only(
      "own-dialects",
      "^src/proxy/ownDialects/",
      [...pure, "^src/proxy/ownDialects/", "^src/proxy/dialects/limits[.]ts$", "^src/proxy/endProcess[.]ts$"],
      { builtIns: true },
    ),
    only("zeromq", "^src/proxy/zeromq[.]ts$", [...pure, ...npm("zeromq")]),
    only("proxy", "^src/proxy/[^/]+[.]ts$", [...pure, "^src/proxy/", ...npm("msgpackr")], {
      builtIns: true,
      except: ["^src/proxy/zeromq[.]ts$"],
    }),
    only("msgpackr-for-the-pipe-in-main-only", "^src/proxy/[^/]+[.]ts$", [...pure, "^src/proxy/"], {
      builtIns: true,
      except: ["^src/proxy/(main|zeromq)[.]ts$"],
    }),
    only("cli", "^src/cli/", [...pure, "^src/(cli|proxy)/"], { builtIns: true, except: ["^src/cli/mcp[.]ts$"] }),
    only("mcp", "^src/cli/mcp[.]ts$", [...pure, "^src/(cli|proxy)/", ...npm("@modelcontextprotocol/sdk")], {
      builtIns: true,
    }),
    only("host", "^src/host/", [...pure, "^src/host/", ...npm("msgpackr", "vscode"), "^vscode$"], { builtIns: true }),
    only("extension", "^src/extension[.]ts$", ["^src/host/", ...npm("vscode"), "^vscode$"]),
    only("webview", "^webview/", [
      ...pure,
      "^webview/",
      ...npm("lit", "lit-html", "lit-element", "@lit", "@vscode-elements", "uplot"),
    ]),
    only("demo", "^demo/", ["^demo/", ...npm("zeromq", "msgpackr")], { builtIns: true }),
    only(
      "bench",
      "^bench/",
      [
        ...pure,
        "^(bench|src/proxy)/",
        "^scripts/vscode/",
        "^scripts/tasks/(freePort|pack|zeromqNative)[.]ts$",
        ...npm("zeromq", "msgpackr", "playwright-core"),
      ],
      { builtIns: true },
    ),
    {
      name: "no-src-in-scripts",
      severity: "error",
      from: { path: "^scripts/" },
      to: { path: "^(src|webview|webClient)/" },
    },
    {
      name: "nothing-imports-tests",
      severity: "error",
      from: { pathNot: "^(test|fuzz)/" },
      to: { path: "^(test|bench)/", pathNot: "^bench/" },
    },
    {
      name: "nothing-imports-fuzz",
      severity: "error",
      from: { pathNot: "^(test/)?fuzz/" },
      to: { path: "^fuzz/" },
    },
    { name: "nothing-imports-bench", severity: "error", from: { pathNot: "^bench/" }, to: { path: "^bench/" } },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    doNotFollow: { path: "node_modules" },
    exclude: { path: "^(dist|out)/" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "require", "node", "default", "types"],
    },
  },
};
