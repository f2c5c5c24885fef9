import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";

/** A link or picture of a page: what it leads to, as it is written. */
export type Link = { readonly page: string; readonly target: string; readonly isPicture: boolean };

/** Every page that users read, by its path from the root of the repository. */
export const PAGES: readonly string[] = globSync(["*.md", "docs/**/*.md", "demo/**/*.md"])
  .map((path) => path.replaceAll("\\", "/"))
  .toSorted();

/** All links of a page but those in code. */
export function linksOf(page: string): readonly Link[] {
  const text = prose(readFileSync(page, "utf8")).replace(/`[^`\n]*`/g, "``");
  return [
    ...text.matchAll(/(!?)\[(?:[^\]\\[]|\\.|\[[^\]]*\])*\]\(([^()\s]+(?:\([^()\s]*\)[^()\s]*)*)(?: "[^"]*")?\)/g),
  ].map(([, mark, target]) => ({ page, target: target!, isPicture: mark === "!" }));
}

/** What a page's headings are called in links, as GitHub and VS Code's preview have it. */
export function anchorsOf(page: string): ReadonlySet<string> {
  const anchors = new Set<string>();
  for (const [, heading] of prose(readFileSync(page, "utf8")).matchAll(/^#{1,6} +(.+?)\s*#*$/gm)) {
    const words = heading!
      .replace(/\[([^\]]*)\]\([^)]*\)/g, "$1")
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, "")
      .replaceAll(" ", "-");
    let anchor = words;
    for (let n = 1; anchors.has(anchor); n++) anchor = `${words}-${n}`;
    anchors.add(anchor);
  }
  return anchors;
}

/** What is wrong with a link inside the repository; nothing for one that leads somewhere, and for addresses of the web. */
export function linkProblem({ page, target }: Link): string | undefined {
  if (target.startsWith("https://")) return URL.canParse(target) ? undefined : `${page}: ${target} is no address`;
  if (/^[a-z]+:/i.test(target)) return `${page}: ${target} is neither https nor inside the repository`;
  const [path = "", anchor] = target.split("#");
  const file = pathOf(page, path);
  if (!existsSync(file)) return `${page}: ${target} does not exist`;
  if (anchor === undefined) return undefined;
  return anchorsOf(file).has(anchor) ? undefined : `${page}: ${target} has no such heading`;
}

/** A link's file, from the root of the repository. */
export function pathOf(page: string, target: string): string {
  const path = target.split("#")[0]!;
  return path === "" ? page : normalize(join(dirname(page), path)).replaceAll("\\", "/");
}

/** A page without its blocks of code. */
function prose(text: string): string {
  return text.replace(/^( *)(```|~~~)[\s\S]*?^\1\2.*$/gm, "");
}
