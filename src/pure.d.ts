// What the pure folders may use beyond the language itself: both Node and browsers have these.
declare class TextDecoder {
  constructor(label?: string, options?: { fatal?: boolean; ignoreBOM?: boolean });
  decode(bytes?: Uint8Array, options?: { stream?: boolean }): string;
}
declare class TextEncoder {
  encode(text?: string): Uint8Array;
}
// Functions of octets alone, of Node. Whoever reads hostile octets bounds what comes out by `maxOutputLength`.
declare module "node:zlib" {
  type Inflate = (bytes: Uint8Array, options: { maxOutputLength: number }) => Uint8Array;
  const zlib: { readonly inflateSync: Inflate; readonly gunzipSync: Inflate; readonly zstdDecompressSync: Inflate };
  export default zlib;
  export function deflateSync(bytes: Uint8Array): Uint8Array;
}
