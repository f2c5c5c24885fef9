import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import type { FrameLocator } from "playwright-core";
import { inspector, keepEvidence, openSession, type Session, sideBarLog } from "./support/session.ts";

let session: Session;

before(async () => {
  session = await openSession();
});

afterEach((context) => keepEvidence(session, context));

after(() => session.close());

/**
 * What a page that was taken over would try, and which directives kept it from it. A form that is kept from being sent takes
 * its page along, so that is not tried.
 */
async function violations(view: FrameLocator): Promise<readonly string[]> {
  return view.locator("body").evaluate(async (body) => {
    const seen = new Set<string>();
    let wake = (): void => undefined;
    document.addEventListener("securitypolicyviolation", ({ effectiveDirective }) => {
      seen.add(effectiveDirective);
      wake();
    });
    const make = (tag: string, fields: object): HTMLElement => Object.assign(document.createElement(tag), fields);
    body.append(
      make("script", { textContent: "document.body.dataset.ran = 'inline'" }),
      make("script", { src: "https://example.org/x.js" }),
      make("img", { src: "https://example.org/x.png" }),
      make("iframe", { src: "https://example.org/" }),
      make("object", { data: "https://example.org/x" }),
      make("link", { rel: "stylesheet", href: "https://example.org/x.css" }),
      make("base", { href: "https://example.org/" }),
    );
    fetch("https://example.org/").catch(() => undefined);
    // Not at once: what a test evaluates may evaluate, too.
    // eslint-disable-next-line @typescript-eslint/no-implied-eval -- it must not run
    setTimeout("document.body.dataset.ran = 'evaluated'", 0);
    const wanted = [
      "script-src",
      "script-src-elem",
      "img-src",
      "frame-src",
      "style-src-elem",
      "base-uri",
      "connect-src",
    ];
    while (!wanted.every((directive) => seen.has(directive))) await new Promise<void>((resolve) => (wake = resolve));
    if (body.dataset["ran"] !== undefined) seen.add(`${body.dataset["ran"]} code ran`);
    return [...seen].sort();
  });
}

for (const [name, open] of [
  ["message log", sideBarLog],
  ["inspector", inspector],
] as const) {
  test(`The page of the ${name} has exactly its policy in a real VS Code, and the browser keeps to it`, async () => {
    const view = await open(session);
    const meta = view.locator("meta[http-equiv='Content-Security-Policy']");
    const policy = (await meta.getAttribute("content")) ?? "";
    const directives = policy.split("; ").map((directive) => directive.split(" "));
    const own = directives.find(([directive]) => directive === "style-src")!.slice(1);
    assert.ok(own.length > 0);
    // What VS Code calls the source of an extension's own files.
    for (const source of own) assert.match(source, /^(?:'self'|https:\/\/\*\.vscode-(?:cdn\.net|resource\S*))$/);
    assert.deepEqual(
      directives.map(([directive, ...sources]) => [
        directive,
        ...sources.map((one) => one.replace(/nonce-[\w-]{24}/, "nonce")),
      ]),
      [
        ["default-src", "'none'"],
        ["script-src", "'nonce'", ...own],
        ["style-src", ...own],
        ["font-src", ...own],
        ["img-src", "data:"],
        ["base-uri", "'none'"],
        ["form-action", "'none'"],
      ],
    );
    const seen = await violations(view);
    assert.ok(!seen.some((one) => one.includes("ran")), seen.join());
  });
}
