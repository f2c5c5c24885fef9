import { isProblem, parseEndpoint } from "../../shared/endpoint.ts";
import { isAnyHost, MAX_SERVERS } from "./places.ts";
import type { MakeRule, RuleContext } from "./rule.ts";

/**
 * A tap listens on all interfaces of its machine, so whoever reaches that can connect to the server behind it. Where a server
 * itself listens is not on the wire.
 */
export const boundToAll: MakeRule = (context) => {
  /** Taps that were told of, with where they listen. */
  const told = new Map<string, string>();
  return {
    finds: ["bound-to-all"],
    tick: (nowNs) => look(context, told, nowNs),
  };
};

function look(context: RuleContext, told: Map<string, string>, nowNs: number): void {
  const open = new Map<string, string>();
  for (const { tapName, endpoint } of context.listeners()) {
    const parsed = parseEndpoint(endpoint, "listen");
    if (!isProblem(parsed) && parsed.transport === "tcp" && isAnyHost(parsed.host)) open.set(tapName, endpoint);
  }
  for (const [tapName, endpoint] of told) {
    if (open.get(tapName) === endpoint) continue;
    told.delete(tapName);
    context.ended("bound-to-all", tapName);
  }
  for (const [tapName, endpoint] of open) {
    if (told.has(tapName) || told.size >= MAX_SERVERS) continue;
    told.set(tapName, endpoint);
    context.found({
      id: "bound-to-all",
      about: tapName,
      text: `The tap listens on all network interfaces (${endpoint}): any machine that reaches this one can connect to its server.`,
      advice:
        "Let it listen on 127.0.0.1, or on the one address that its clients use. Where all may connect, CURVE with a list of " +
        "keys keeps strangers out.",
      tapName,
      link: null,
      evidence: [],
      timeNs: nowNs,
      isOpen: true,
    });
  }
}
