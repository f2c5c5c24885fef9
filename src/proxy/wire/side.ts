import type { Side } from "../../shared/model.ts";

/** The peer across. */
export function otherSide(side: Side): Side {
  return side === "client" ? "server" : "client";
}
