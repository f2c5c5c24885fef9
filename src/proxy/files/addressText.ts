import type { PacketEnd } from "../capture/addresses.ts";

/** An end as the log shows addresses: `127.0.0.1:5556`, `[::1]:5556`. IPv4 inside IPv6 is shown as IPv4. */
export function addressText({ octets, port }: PacketEnd): string {
  if (octets.length === 4) return `${octets.join(".")}:${port}`;
  const isMapped = octets.subarray(0, 10).every((octet) => octet === 0) && octets[10] === 0xff && octets[11] === 0xff;
  return isMapped ? `${octets.subarray(12).join(".")}:${port}` : `[${ipv6Text(octets)}]:${port}`;
}

/** As RFC 5952 writes them. */
function ipv6Text(octets: Uint8Array): string {
  const groups = Array.from({ length: 8 }, (_, index) => (octets[index * 2]! << 8) | octets[index * 2 + 1]!);
  let [from, length] = [0, 0];
  for (let at = 0; at < 8; at++) {
    let to = at;
    while (to < 8 && groups[to] === 0) to++;
    if (to - at > length) [from, length] = [at, to - at];
    at = to;
  }
  const words = groups.map((group) => group.toString(16));
  if (length < 2) return words.join(":");
  return `${words.slice(0, from).join(":")}::${words.slice(from + length).join(":")}`;
}
