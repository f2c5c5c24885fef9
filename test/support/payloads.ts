import { deflateSync, gzipSync, zstdCompressSync } from "node:zlib";
import type { DecoderName } from "../../src/shared/model.ts";

/** Octets of hex with blanks. */
export const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replace(/\s/g, ""), "hex"));

const npyHeader = (text: string): Uint8Array =>
  Buffer.concat([hex("934e554d50590100 7600"), Buffer.from(text.padEnd(117)), hex("0a")]);

/** `numpy.save` of values with this header. */
export function npy(descr: string, shape: string, data: Uint8Array, isFortran = false): Uint8Array {
  const order = isFortran ? "True" : "False";
  return Buffer.concat([npyHeader(`{'descr': ${descr}, 'fortran_order': ${order}, 'shape': (${shape}), }`), data]);
}

export const zlib = (bytes: Uint8Array | string): Buffer => Buffer.from(deflateSync(Buffer.from(bytes)));
export const gzip = (bytes: Uint8Array | string): Buffer => gzipSync(Buffer.from(bytes));
export const zstd = (bytes: Uint8Array | string): Buffer => zstdCompressSync(Buffer.from(bytes));
export const base64 = (bytes: Uint8Array | string): Buffer => Buffer.from(Buffer.from(bytes).toString("base64"));

/** A PNG of 3 × 2 pixels, as far as its header. */
export const PNG = hex("89504e470d0a1a0a 0000000d49484452 00000003 00000002 0802000000 00000000");
/** A JPEG with a JFIF segment and a frame header of 640 × 480. */
export const JPEG = hex("ffd8 ffe0 0010 4a46494600010100000100010000 ffff c0 0011 08 01e0 0280 03 011100021101031101");
export const GIF = hex("474946383961 0a00 0500 80 00 00 000000ffffff 3b");
export const WEBP = hex("52494646 1a000000 57454250 56503820 0e000000 300100 9d012a 2000 1000 0000 0000");

/** What `pickle.dumps` of Python 3.11 writes by protocols 2 and 4: plain data, an `os.system` call, an ordered dict. */
export const PICKLES = {
  plain: hex("80049506000000000000005d946800612e"),
  numbers: hex("80025d7100284b014afeffffff4d2c014a701101008a06000000000001 47bff800000000000088894e652e"),
  evil: hex("8004951d000000000000008c05706f736978948c0673797374656d9493948c02696494859452942e"),
  evilText: hex("63706f7369780a73797374656d0a70300a285669640a70310a7470320a5270330a2e"),
  ordered: hex(
    "80049529000000000000008c0b636f6c6c656374696f6e73948c0b4f726465726564446963749493942952948c0161944b01732e",
  ),
  object: hex("8002635f5f6d61696e5f5f0a500a7100298171017d710258010000007871034b0173622e"),
};

/** Sound octets of every kind that is guessed, for fuzzing and for the guess. */
export const SOUND: Readonly<Partial<Record<DecoderName, Uint8Array>>> = {
  json: Buffer.from('{"a":[1,2,{"b":"c"}]}'),
  msgpack: hex("82 a161 93010203 a162 c0"),
  cbor: hex("a2 6161 83010203 6162 f6"),
  xml: Buffer.from('<?xml version="1.0"?><a b="c"><d>e</d></a>'),
  numpy: npy("'<f4'", "2, 3", Buffer.alloc(24, 1)),
  pickle: PICKLES.evil,
  image: PNG,
  text: Buffer.from("10001 -12 wärmer"),
  hex: hex("00ff00fe00fd00fc"),
};
