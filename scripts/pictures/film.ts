import { spawnSync } from "node:child_process";
import { mkdir, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Locator, Page } from "playwright-core";

type Frame = { readonly file: string; readonly ms: number };

/** Most octets of an animated picture, which a README loads at once. */
const MAX_BYTES = 1_500_000;
/** Colours of the palette: enough for a dark theme and its icons. */
const COLOURS = 96;

/** Says what is missing before anything is filmed. */
export function requireTool(command: string, debianPackage: string): void {
  const { error } = spawnSync(command, ["-version"], { stdio: "ignore" });
  if (error !== undefined) {
    throw new Error(
      `${command} is missing, which makes the pictures. Install it: sudo apt-get install ${debianPackage}`,
    );
  }
}

/** Pictures of a page one after another, each for as long as it shall be seen, with a line that says what happens. */
export class Film {
  readonly #page: Page;
  readonly #folder: string;
  readonly #frames: Frame[] = [];

  private constructor(page: Page, folder: string) {
    this.#page = page;
    this.#folder = folder;
  }

  static async start(page: Page, folder: string): Promise<Film> {
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true });
    return new Film(page, folder);
  }

  /** Says in the title bar what is done, from now on. */
  async say(caption: string): Promise<void> {
    await this.#page.evaluate((text) => {
      const id = "film-caption";
      const line = document.getElementById(id) ?? document.body.appendChild(document.createElement("div"));
      line.id = id;
      line.textContent = text;
      line.style.cssText =
        "position:fixed;left:50%;top:3px;transform:translateX(-50%);z-index:100000;padding:4px 18px;" +
        "border-radius:6px;background:#0078d4;color:#fff;font:600 14px system-ui,sans-serif;pointer-events:none;";
    }, caption);
  }

  /** Marks where the mouse is, as long as one frame. */
  async point(target: Locator, ms: number): Promise<void> {
    const box = await target.boundingBox();
    if (box === null) throw new Error("Nothing is there to be pointed at.");
    const at = { x: box.x + Math.min(box.width / 2, 60), y: box.y + box.height / 2 };
    await this.#page.evaluate(({ x, y }) => {
      const ring = document.body.appendChild(document.createElement("div"));
      ring.id = "film-pointer";
      ring.style.cssText =
        `position:fixed;left:${x - 13}px;top:${y - 13}px;width:22px;height:22px;z-index:100001;border-radius:50%;` +
        "border:2px solid #ffd33d;background:rgba(255,211,61,.3);pointer-events:none;";
    }, at);
    await this.shot(ms);
    await this.#page.evaluate(() => document.getElementById("film-pointer")?.remove());
  }

  /** Takes a picture that is seen for that long. */
  async shot(ms: number): Promise<void> {
    const file = `frame-${String(this.#frames.length).padStart(3, "0")}.png`;
    await this.#page.screenshot({ path: join(this.#folder, file), animations: "disabled" });
    this.#frames.push({ file, ms });
  }

  /** Joins the pictures to a GIF that goes round. Answers with its size in octets. */
  async save(path: string): Promise<number> {
    const last = this.#frames.at(-1)!;
    const lines = this.#frames.map(({ file, ms }) => `file '${file}'\nduration ${(ms / 1000).toFixed(2)}`);
    // The list's last duration counts only when a file stands behind it.
    await writeFile(join(this.#folder, "list.txt"), [...lines, `file '${last.file}'`].join("\n"));
    const palette = `split[a][b];[a]palettegen=stats_mode=full:max_colors=${COLOURS}[p];[b][p]paletteuse=dither=none:diff_mode=rectangle`;
    const input = ["-f", "concat", "-safe", "0", "-i", join(this.#folder, "list.txt")];
    const { status, stderr } = spawnSync(
      "ffmpeg",
      ["-y", "-loglevel", "error", ...input, "-vf", palette, "-fps_mode", "vfr", "-loop", "0", path],
      { encoding: "utf8" },
    );
    if (status !== 0) throw new Error(`ffmpeg did not join the pictures: ${stderr}`);
    return checkedSize(path);
  }
}

async function checkedSize(path: string): Promise<number> {
  const { size } = await stat(path);
  if (size > MAX_BYTES) throw new Error(`${path} has ${size} bytes, more than ${MAX_BYTES}: show less, or shorter.`);
  return size;
}

/** Writes a picture of the page with few colours, which is a third of the size. */
export async function still(page: Page, path: string): Promise<void> {
  await page.screenshot({ path, animations: "disabled" });
  shrink(path);
}

/** Gives a PNG a palette, in place. */
export function shrink(path: string): void {
  const { status, stderr } = spawnSync(
    "pngquant",
    ["--force", "--skip-if-larger", "--strip", "--output", path, "128", path],
    {
      encoding: "utf8",
    },
  );
  // 98 and 99: the picture would be larger, or worse, and stays as it is.
  if (status !== 0 && status !== 98 && status !== 99) throw new Error(`pngquant failed on ${path}: ${stderr}`);
}
