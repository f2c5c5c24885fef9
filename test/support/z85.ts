const DIGITS = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";

/** Z85 text (RFC 32) of octets whose number is a multiple of 4. */
export function toZ85(bytes: Uint8Array): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let text = "";
  for (let at = 0; at < bytes.length; at += 4) {
    for (let place = 85 ** 4; place >= 1; place /= 85) text += DIGITS[Math.floor(view.getUint32(at) / place) % 85]!;
  }
  return text;
}

/** The octets that Z85 text stands for. Throws a RangeError when it is no Z85 text. */
export function fromZ85(text: string): Buffer {
  const bytes = Buffer.alloc((text.length / 5) * 4);
  for (let at = 0; at < text.length; at += 5) {
    const digits = Array.from(text.slice(at, at + 5), (digit) => DIGITS.indexOf(digit));
    if (digits.includes(-1)) throw new RangeError("The text holds a character that is no Z85 digit.");
    bytes.writeUInt32BE(
      digits.reduce((sum, digit) => sum * 85 + digit, 0),
      (at / 5) * 4,
    );
  }
  return bytes;
}
