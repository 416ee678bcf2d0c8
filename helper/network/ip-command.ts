/** iproute2 as a library: arguments and batch lines as lists of words, never a shell, JSON to read. */
import { Failure } from '../failure.ts';
import { cannotRun, runProgram } from '../run-program.ts';

/** Reads the system through `ip -j`. Injected, so that tests can play the kernel. */
export interface IpCommand {
  /** @returns what `ip -j ARGUMENTS` printed. @throws Failure with the kernel's reason */
  query(words: readonly string[]): Promise<unknown>;
  /**
   * Asks everything in one process.
   *
   * @returns what the lines printed, in order; one that failed printed nothing. @throws Failure, or the signal's reason
   */
  queryAll(family: IpFamily, lines: Lines, signal: AbortSignal): Promise<unknown[]>;
  /**
   * Runs all lines in one `ip -batch -`, up to the first that fails.
   *
   * @param family of rules, which do not tell it by an address. @throws Refused
   */
  batch(lines: Lines, family?: IpFamily): Promise<void>;
}

export type IpFamily = '-4' | '-6';
type Lines = readonly (readonly string[])[];

/** The kernel, or `ip`, refused one line of a batch. */
export class Refused extends Failure {
  /** In the kernel's words, such as `File exists`. */
  readonly reason: string;
  /** 0-based, or null where it was no line's fault. */
  readonly index: number | null;

  constructor(reason: string, command: string, index: number | null) {
    super(reason, command === '' ? '' : `in 'ip ${command}'`, adviceFor(reason));
    this.reason = reason;
    this.index = index;
  }
}

/** Changes are acknowledged by the kernel at once; past this it hangs. */
const TIMEOUT_MS = 10_000;
/** The exit code of `ip -force -batch` where a line failed. */
const LINES_FAILED = 1;
/** What a batch line may be made of: nothing that `ip` splits, quotes or takes for a comment. */
const PLAIN_WORD = /^[A-Za-z0-9_=+.:/%@-]+$/;

export const linuxIpCommand: IpCommand = {
  async query(words) {
    const output = await run(['-j', ...words], '');
    return output.trim() === '' ? [] : JSON.parse(output);
  },
  async queryAll(family, lines, signal) {
    if (lines.length === 0) return [];
    const output = await run([family, '-j', '-force', '-batch', '-'], batchText(lines), signal);
    return output
      .split('\n')
      .filter((line) => line.trim() !== '')
      .map((line) => JSON.parse(line));
  },
  async batch(lines, family) {
    if (lines.length > 0)
      await run([...(family === undefined ? [] : [family]), '-batch', '-'], batchText(lines));
  },
};

/** @throws Failure for a word that a batch line cannot hold */
export function batchText(lines: Lines): string {
  for (const word of lines.flat())
    if (!PLAIN_WORD.test(word))
      throw new Failure(
        `${JSON.stringify(word)} cannot be handed to ip`,
        '',
        'use letters, digits and . : / _ -',
      );
  return lines.map((words) => `${words.join(' ')}\n`).join('');
}

/** @param signal where it is given, lines that failed are no failure of the whole */
async function run(words: readonly string[], input: string, signal?: AbortSignal): Promise<string> {
  const order = { input, timeoutMs: TIMEOUT_MS, signal };
  const { code, killer, output, errors } = await runProgram('ip', words, order).catch((error) => {
    if (signal?.aborted) throw error;
    throw cannotRun('ip', 'iproute2', error);
  });
  if (code === 0 || (code === LINES_FAILED && signal !== undefined)) return output;
  throw refusal(errors, killer, input);
}

function refusal(errors: string, signal: NodeJS.Signals | null, input: string): Failure {
  if (signal !== null) return new Failure(`ip did not end within ${TIMEOUT_MS / 1_000} seconds`);
  const reason = errors.split('\n', 1)[0]!.replace(/^RTNETLINK answers: |^Error: /, '');
  const line = /^Command failed -:(\d+)/m.exec(errors);
  const index = line === null ? null : Number(line[1]) - 1;
  const command = index === null ? '' : (input.split('\n')[index] ?? '');
  return new Refused(reason === '' ? 'ip failed' : reason, command, index);
}

function adviceFor(reason: string): string {
  if (/IPv6 is disabled/.test(reason))
    return "turn IPv6 on with 'sysctl net.ipv6.conf.all.disable_ipv6=0', or take the IPv6 addresses out of the .conf";
  return /Operation not permitted/.test(reason) ? 'run the helper as root' : '';
}
