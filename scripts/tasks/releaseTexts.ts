/** What a release is made from. */
export type ReleaseState = {
  readonly wanted: string;
  readonly current: string;
  readonly changelog: string;
  /** What git says has changed and is not committed; empty when nothing has. */
  readonly changes: string;
  readonly tags: readonly string[];
};

const VERSION = /^(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})$/;
const UNRELEASED = /^## Unreleased[^\S\n]*\n/m;

/** Why there cannot be a release now; `null` when there can. */
export function refusal({ wanted, current, changelog, changes, tags }: ReleaseState): string | null {
  if (!VERSION.test(wanted)) return `"${wanted}" is no version. Write three numbers, such as ${next(current)}.`;
  if (tags.includes(`v${wanted}`))
    return `${wanted} is released already: there is a tag v${wanted}. Choose a later version.`;
  if (compare(wanted, current) < 0)
    return `${wanted} is before ${current}, the version of package.json. Choose a later one.`;
  // The first release may have the version that stands there from the beginning.
  if (wanted === current && tags.some((tag) => /^v\d/.test(tag)))
    return `${wanted} is the version of package.json already. Choose a later one, such as ${next(current)}.`;
  if (changes !== "") return `There are changes that are not committed. Commit or stash them:\n${changes}`;
  const section = unreleased(changelog);
  if (section === null) return 'CHANGELOG.md has no section "## Unreleased".';
  if (!/^- /m.test(section)) return "The section Unreleased of CHANGELOG.md says nothing. Write what has changed.";
  return null;
}

/** The changelog with the section Unreleased as that of a version, below a new empty one; and that section. */
export function withReleased(
  changelog: string,
  version: string,
  date: string,
): { readonly changelog: string; readonly section: string } {
  const heading = `## ${version} (${date})`;
  return {
    changelog: changelog.replace(UNRELEASED, () => `## Unreleased\n\n${heading}\n`),
    section: `${heading}\n\n${(unreleased(changelog) ?? "").trim()}`,
  };
}

/** A package.json or package-lock.json of another version. */
export function withVersion(json: string, version: string): string {
  const manifest = JSON.parse(json) as { version: string; packages?: { ""?: { version: string } } };
  manifest.version = version;
  const root = manifest.packages?.[""];
  if (root !== undefined) root.version = version;
  return `${JSON.stringify(manifest, null, 2)}\n`;
}

function unreleased(changelog: string): string | null {
  const begin = UNRELEASED.exec(changelog);
  if (begin === null) return null;
  const rest = changelog.slice(begin.index + begin[0].length);
  const end = rest.search(/^## /m);
  return end < 0 ? rest : rest.slice(0, end);
}

function compare(a: string, b: string): number {
  const [left, right] = [a, b].map((version) => version.split(".").map(Number)) as [number[], number[]];
  for (const [at, part] of left.entries()) if (part !== right[at]) return part - right[at]!;
  return 0;
}

function next(version: string): string {
  return version.replace(/\d+$/, (patch) => String(Number(patch) + 1));
}
