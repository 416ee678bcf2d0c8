/** What manages services and accounts: found where only root can put a program. */
import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';
import { Failure, toFailure } from '../failure.ts';
import { runProgram, SYSTEM_FOLDERS } from '../run-program.ts';

const TIMEOUT_MS = 90_000;
const MAX_WORDS_OF_FAILURE = 500;

/** @returns its path, or null where this system has it not */
export function findProgram(name: string): string | null {
  const paths = SYSTEM_FOLDERS.map((folder) => join(folder, name));
  return paths.find(isExecutable) ?? null;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * @returns its standard output
 * @throws Failure where it cannot be found, fails or does not end
 */
export async function runSystemCommand(name: string, args: readonly string[]): Promise<string> {
  const path = findProgram(name);
  if (path === null) throw new Failure(`${name} is missing`, `in ${SYSTEM_FOLDERS.join(':')}`);
  const { code, killer, output, errors } = await runProgram(path, args, { timeoutMs: TIMEOUT_MS }).catch(
    (error) => {
      throw new Failure(`cannot run ${name} (${toFailure(error).parts.what})`);
    },
  );
  if (code === 0) return output;
  const said = (errors.trim() || output.trim()).slice(0, MAX_WORDS_OF_FAILURE);
  throw new Failure(`'${[name, ...args].join(' ')}' failed (${said || (killer ?? `exit ${code}`)})`);
}
