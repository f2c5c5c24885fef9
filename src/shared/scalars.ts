/** Numbers of a fixed size, as they stand in memory and in files of other programs. */
export const SCALARS = [
  "int8",
  "uint8",
  "int16",
  "uint16",
  "int32",
  "uint32",
  "int64",
  "uint64",
  "float16",
  "float32",
  "float64",
] as const;
export type Scalar = (typeof SCALARS)[number];

const SIZES: Readonly<Record<Scalar, number>> = {
  int8: 1,
  uint8: 1,
  int16: 2,
  uint16: 2,
  int32: 4,
  uint32: 4,
  int64: 8,
  uint64: 8,
  float16: 2,
  float32: 4,
  float64: 8,
};

/** In octets. */
export function scalarSize(scalar: Scalar): number {
  return SIZES[scalar];
}

export type NumberFormat = { readonly scalar: Scalar; readonly isLittle: boolean };

/** `int16-le`, `float64-be`; of one octet `int8` and `uint8` alone. Undefined for any other text. */
export function numberFormat(text: string): NumberFormat | undefined {
  const [name, order, more] = text.split("-");
  const scalar = SCALARS.find((each) => each === name);
  if (scalar === undefined || more !== undefined) return undefined;
  if (SIZES[scalar] === 1) return order === undefined ? { scalar, isLittle: true } : undefined;
  return order === "le" || order === "be" ? { scalar, isLittle: order === "le" } : undefined;
}
