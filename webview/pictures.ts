import type { Picture } from "./picture.ts";
import type { PictureTab } from "./state.ts";

/** Each is a file of its own, loaded when its tab is first shown. */
const LOAD: Readonly<Record<PictureTab, () => Promise<unknown>>> = {
  overview: () => import("./overview.ts"),
  latency: () => import("./latency.ts"),
  sequence: () => import("./sequence.ts"),
  topology: () => import("./topology.ts"),
  topics: () => import("./topics.ts"),
  links: () => import("./links.ts"),
};

/** What a picture asks of the page around it. */
export type PictureEvents = {
  /** Apply a filter to the log, and show it. */
  filter(text: string): void;
  /** Show row `n` in the log. */
  reveal(n: number): void;
};

/** Loads the code of a tab, and makes its element. */
export async function makePicture(tab: PictureTab, events: PictureEvents): Promise<Picture> {
  await LOAD[tab]();
  const picture = document.createElement(`zmq-${tab}`) as Picture;
  picture.addEventListener("picture-filter", (event) => events.filter((event as CustomEvent<string>).detail));
  picture.addEventListener("picture-reveal", (event) => events.reveal((event as CustomEvent<number>).detail));
  return picture;
}
