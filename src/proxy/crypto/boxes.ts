import { BoxArena } from "../wire/curve/boxArena.ts";
import { Boxes } from "../wire/curve/boxes.ts";

/** Loads the box library, which only taps with keys need: some 400 KB and 15 ms. */
export async function loadBoxes(): Promise<Boxes> {
  const { openBoxMemory } = await import("./sodium.ts");
  return new Boxes(new BoxArena(await openBoxMemory()));
}
