/** The part of the WebAssembly JavaScript interface that the engine uses; @types/node leaves it to the DOM's types. */
declare namespace WebAssembly {
  class Memory {
    constructor(descriptor: { initial: number; maximum: number });
    /** The same object for the life of a memory that cannot grow. */
    readonly buffer: ArrayBuffer;
  }
}
