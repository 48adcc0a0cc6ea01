/** Node's `WebAssembly`, which its type definitions lack. */
interface WebAssemblyApi {
  readonly compile: (bytes: Uint8Array) => Promise<object>;
  readonly Instance: new (module: object, imports: object) => { readonly exports: unknown };
}

export const { compile, Instance } = (globalThis as unknown as { WebAssembly: WebAssemblyApi }).WebAssembly;

/** Compiles a program and starts it. Resolves with what it exports; rejects if the bytes are no WebAssembly. */
export async function instantiate(bytes: Uint8Array, imports: object): Promise<unknown> {
  return new Instance(await compile(bytes), imports).exports;
}
