/** Something that holds a resource until it is disposed of. dispose() is synchronous and may be called twice. */
export type Disposable = { dispose(): void };
