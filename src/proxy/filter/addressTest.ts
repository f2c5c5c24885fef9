import type { AddressValue, Value } from "../../shared/filter/ast.ts";
import { parseAddress } from "../../shared/filter/values.ts";

/** Builds the judge of addresses as the log shows them: whether one of the values stands for it. */
export function addressTest(values: readonly Value[]): (text: string) => boolean {
  const wanted = values.filter((value) => value.kind === "address");
  return (text) => {
    const address = parseAddress(text);
    return wanted.some((value) => covers(value, address, text));
  };
}

function covers(wanted: AddressValue, address: AddressValue, text: string): boolean {
  if (wanted.port !== null && wanted.port !== address.port) return false;
  if (wanted.octets === null) return wanted.host === address.host || wanted.host === text;
  if (address.octets?.length !== wanted.octets.length) return false;
  for (let bit = 0; bit < wanted.bits; bit += 8) {
    const mask = 0xff00 >> Math.min(8, wanted.bits - bit);
    if (((wanted.octets[bit >> 3]! ^ address.octets[bit >> 3]!) & mask & 0xff) !== 0) return false;
  }
  return true;
}
