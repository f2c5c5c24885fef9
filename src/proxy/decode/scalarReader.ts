import { type NumberFormat, scalarSize } from "../../shared/scalars.ts";

/** Reads a number at an offset that must have room for it. 64-bit integers are bigint where a double would change them. */
export function readScalar(view: DataView, at: number, { scalar, isLittle }: NumberFormat): number | bigint {
  switch (scalar) {
    case "int8":
      return view.getInt8(at);
    case "uint8":
      return view.getUint8(at);
    case "int16":
      return view.getInt16(at, isLittle);
    case "uint16":
      return view.getUint16(at, isLittle);
    case "int32":
      return view.getInt32(at, isLittle);
    case "uint32":
      return view.getUint32(at, isLittle);
    case "int64":
      return narrow(view.getBigInt64(at, isLittle));
    case "uint64":
      return narrow(view.getBigUint64(at, isLittle));
    case "float16":
      return halfToNumber(view.getUint16(at, isLittle));
    case "float32":
      return shortest(view.getFloat32(at, isLittle));
    case "float64":
      return view.getFloat64(at, isLittle);
  }
}

/** So many numbers one behind the other, at most `maxCount` and at most as many as are there. */
export function readScalars(bytes: Uint8Array, format: NumberFormat, maxCount: number): (number | bigint)[] {
  const view = viewOf(bytes);
  const size = scalarSize(format.scalar);
  const count = Math.min(maxCount, Math.floor(bytes.length / size));
  return Array.from({ length: count }, (_, index) => readScalar(view, index * size, format));
}

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** A number where it is the same as one, else the bigint. */
export function narrow(value: bigint): number | bigint {
  return value >= -9007199254740991n && value <= 9007199254740991n ? Number(value) : value;
}

/** IEEE 754 binary16. */
export function halfToNumber(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >>> 10) & 31;
  const fraction = half & 1023;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (1024 + fraction) * 2 ** (exponent - 25);
}

/** The double with the fewest digits that is the same float32: 0.1 and not 0.10000000149011612. */
export function shortest(value: number): number {
  for (let digits = 6; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return short;
  }
  return value;
}
