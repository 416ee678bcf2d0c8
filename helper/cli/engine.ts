/** `wayfare engine [-f] NAME`: hands its arguments to the engine, which is loaded for it alone. */
export async function runEngineCommand(args: string[]): Promise<number> {
  const { main } = await import('../../engine/main.ts');
  return main(args);
}
