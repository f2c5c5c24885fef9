import type { Picture } from "./picture.ts";
import type { PictureTab } from "./state.ts";

/** Each is a file of its own, loaded when its tab is first shown. */
const LOAD: Readonly<Record<PictureTab, () => Promise<new () => Picture>>> = {
  overview: async () => (await import("./overview.ts")).OverviewTab,
  latency: async () => (await import("./latency.ts")).LatencyTab,
  sequence: async () => (await import("./sequence.ts")).SequencePicture,
  topology: async () => (await import("./topology.ts")).TopologyPicture,
  topics: async () => (await import("./topics.ts")).TopicsTab,
  links: async () => (await import("./links.ts")).LinksTab,
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
  const Tab = await LOAD[tab]();
  const picture = new Tab();
  picture.addEventListener("picture-filter", (event) => events.filter((event as CustomEvent<string>).detail));
  picture.addEventListener("picture-reveal", (event) => events.reveal((event as CustomEvent<number>).detail));
  return picture;
}
