// The package has no types of its own. These are the raw functions that crypto/sodium.ts calls; places are offsets into HEAPU8,
// 64-bit sizes are passed as two halves, low first.
declare module "libsodium-sumo" {
  export type Sodium = {
    readonly HEAPU8: Uint8Array;
    _sodium_init(): number;
    _malloc(size: number): number;
    _free(place: number): void;
    _crypto_scalarmult_base(out: number, secret: number): number;
    _crypto_box_beforenm(out: number, publicKey: number, secret: number): number;
    _crypto_core_hsalsa20(out: number, nonce16: number, key: number, constant: number): number;
    _crypto_stream_salsa20_xor(
      out: number,
      input: number,
      sizeLow: number,
      sizeHigh: number,
      nonce: number,
      key: number,
    ): number;
    _crypto_stream_salsa20_xor_ic(
      out: number,
      input: number,
      sizeLow: number,
      sizeHigh: number,
      nonce: number,
      blockLow: number,
      blockHigh: number,
      key: number,
    ): number;
    _crypto_onetimeauth(out: number, input: number, sizeLow: number, sizeHigh: number, key: number): number;
    _crypto_onetimeauth_statebytes(): number;
    _crypto_onetimeauth_init(state: number, key: number): number;
    _crypto_onetimeauth_update(state: number, input: number, sizeLow: number, sizeHigh: number): number;
    _crypto_onetimeauth_final(state: number, out: number): number;
  };
  export default function make(options: { getRandomValue(): number }): Promise<Sodium>;
}
