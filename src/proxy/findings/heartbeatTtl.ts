import type { MakeRule, RuleContext, SeenRow } from "./rule.ts";
import { hostOf } from "./words.ts";

/** Tenths of a second that a PING may ask for: libzmq multiplies them by 100 in 16 bits (zeromq/libzmq#4226). */
const MAX_TENTHS = 655;

/** A PING asks for more time than libzmq can count, so that libzmq gives it next to none. */
export const heartbeatTtl: MakeRule = (context) => ({
  finds: ["heartbeat-ttl-overflow"],
  event: (row) => {
    if (row.event === "ping" && row.link !== null) judge(context, row);
  },
});

/** Of a row that is a PING: the time to live that it tells in tenths of a second, 0 for none. */
export function ttlTenths(row: SeenRow): number {
  const body = row.commandBody();
  return body === null || body.length < 2 ? 0 : body[0]! * 256 + body[1]!;
}

/** Whether libzmq counts a time to live wrongly. */
export function overflows(tenths: number): boolean {
  return tenths > MAX_TENTHS;
}

function judge(context: RuleContext, row: SeenRow): void {
  const tenths = ttlTenths(row);
  if (!overflows(tenths)) return;
  const { n, tapName, timeNs, direction } = row;
  const { link, client, server, sockets } = row.link!;
  const [side, other] = direction === 0 ? (["client", "server"] as const) : (["server", "client"] as const);
  const socket = sockets[side];
  const readAs = (tenths * 100) % 65_536;
  context.found({
    id: "heartbeat-ttl-overflow",
    about: `${tapName} ${side} ${hostOf(side === "client" ? client : server)}`,
    text:
      `The ${side}${socket === null ? "" : ` (${socket})`} asks with its heartbeats for a time to live of ${tenths / 10} s, ` +
      `which libzmq reads as ${readAs / 1000} s: the ${other} may cut the connection after so little silence.`,
    advice: `Set ZMQ_HEARTBEAT_TTL of the ${side} to at most 65,500 ms.`,
    tapName,
    link,
    evidence: [n],
    timeNs,
  });
}
