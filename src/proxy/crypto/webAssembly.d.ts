// Node's types leave WebAssembly to the DOM's, which the engine does without. This is the part that src/proxy/crypto uses.
declare namespace WebAssembly {
  class Memory {
    readonly buffer: ArrayBufferLike;
  }
  type Instance = { readonly exports: Record<string, unknown> };
  function validate(bytes: Uint8Array<ArrayBuffer>): boolean;
  function instantiate(
    bytes: Uint8Array<ArrayBuffer>,
    imports: Record<string, Record<string, unknown>>,
  ): Promise<{ readonly instance: Instance }>;
}
