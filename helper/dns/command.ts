/** Runs the programs that manage DNS. */
import { Failure, toFailure } from '../failure.ts';
import { runProgram } from '../run-program.ts';

/**
 * @param input written to standard input
 * @returns what it printed
 * @throws Failure with what it said
 */
export type RunCommand = (program: string, words: readonly string[], input?: string) => Promise<string>;

/** resolvconf waits up to ten seconds for its lock. */
const TIMEOUT_MS = 15_000;

export const runCommand: RunCommand = async (program, words, input = '') => {
  const order = { input, timeoutMs: TIMEOUT_MS };
  const { code, killer, output, errors } = await runProgram(program, words, order).catch((error) => {
    throw new Failure(`cannot run ${program} (${toFailure(error).parts.what})`);
  });
  if (code === 0) return output;
  const said = errors.trim().split('\n', 1)[0];
  const how = killer === null ? `exit code ${code}` : `ended by ${killer}`;
  throw new Failure(`${program} failed (${said || how})`);
};
