/** iproute2 as a library: arguments and batch lines as lists of words, never a shell, JSON to read. */
import { spawn } from 'node:child_process';
import { Failure } from '../failure.ts';

/** Reads the system through `ip -j`. Injected, so that tests can play the kernel. */
export interface IpCommand {
  /** @returns what `ip -j ARGUMENTS` printed. @throws Failure with the kernel's reason */
  query(words: readonly string[]): Promise<unknown>;
  /** Runs all lines in one `ip -batch -`, up to the first that fails. @throws Failure with the kernel's reason */
  batch(lines: readonly (readonly string[])[]): Promise<void>;
}

/** Changes are acknowledged by the kernel at once; past this it hangs. */
const TIMEOUT_MS = 10_000;
/** What a batch line may be made of: nothing that `ip` splits, quotes or takes for a comment. */
const PLAIN_WORD = /^[A-Za-z0-9_=+.:/%@-]+$/;

export const linuxIpCommand: IpCommand = {
  async query(words) {
    const output = await run(['-j', ...words], '');
    return output.trim() === '' ? [] : JSON.parse(output);
  },
  async batch(lines) {
    if (lines.length > 0) await run(['-batch', '-'], batchText(lines));
  },
};

/** @throws Failure for a word that a batch line cannot hold */
export function batchText(lines: readonly (readonly string[])[]): string {
  for (const word of lines.flat())
    if (!PLAIN_WORD.test(word))
      throw new Failure(
        `${JSON.stringify(word)} cannot be handed to ip`,
        '',
        'use letters, digits and . : / _ -',
      );
  return lines.map((words) => `${words.join(' ')}\n`).join('');
}

function run(words: readonly string[], input: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn('ip', words, {
      env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' },
      stdio: ['pipe', 'pipe', 'pipe'],
      timeout: TIMEOUT_MS,
    });
    const output: Buffer[] = [];
    const errors: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => errors.push(chunk));
    child.stdin.on('error', () => {}); // it ended before it read everything: its exit code says why
    child.once('error', (error) =>
      reject(new Failure(`cannot run ip (${error.message})`, '', "install the package 'iproute2'")),
    );
    child.once('close', (code, signal) => {
      if (code === 0) resolve(Buffer.concat(output).toString());
      else reject(refusal(Buffer.concat(errors).toString(), signal, input));
    });
    child.stdin.end(input);
  });
}

function refusal(errors: string, signal: NodeJS.Signals | null, input: string): Failure {
  if (signal !== null) return new Failure(`ip did not end within ${TIMEOUT_MS / 1_000} seconds`);
  const reason = errors.split('\n', 1)[0]!.replace(/^RTNETLINK answers: |^Error: /, '');
  const line = /^Command failed -:(\d+)/m.exec(errors);
  const command = line === null ? '' : input.split('\n')[Number(line[1]) - 1];
  return new Failure(reason === '' ? 'ip failed' : reason, command ? `in 'ip ${command}'` : '');
}
