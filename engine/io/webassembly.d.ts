/** The part of the WebAssembly JavaScript interface that the engine uses; @types/node leaves it to the DOM's types. */
declare namespace WebAssembly {
  /** Whether this runtime can compile the module. */
  function validate(bytes: Uint8Array): boolean;

  class Memory {
    constructor(descriptor: { initial: number; maximum: number });
    /** The same object for the life of a memory that cannot grow. */
    readonly buffer: ArrayBuffer;
  }

  class Module {
    constructor(bytes: Uint8Array);
  }

  class Instance {
    constructor(module: Module, imports: Record<string, Record<string, unknown>>);
    readonly exports: Record<string, unknown>;
  }
}
