/** nft(8) without a shell: scripts go in by standard input. */
import { Failure } from '../failure.ts';
import { cannotRun, runProgram } from '../run-program.ts';

/** Injected, so that tests can play the kernel. */
export interface NftCommand {
  /** Runs a script as one transaction. @throws NftRefused, or Failure where nft cannot be run */
  run(script: string): Promise<void>;
  /** @returns such as `inet filter` @throws as {@link run} */
  listTables(): Promise<string[]>;
}

/** nft, or the kernel, refused a script: nothing of it stands. */
export class NftRefused extends Failure {
  /** In the kernel's words, such as `Operation not supported`. */
  readonly reason: string;

  constructor(reason: string) {
    super(`the firewall refused its rules (${reason})`, '', adviceFor(reason));
    this.reason = reason;
  }
}

/** The kernel acknowledges at once; past this it hangs. */
const TIMEOUT_MS = 10_000;

export const linuxNftCommand: NftCommand = {
  async run(script) {
    await runNft(['-f', '-'], script);
  },
  async listTables() {
    const output = await runNft(['list', 'tables'], '');
    return [...output.matchAll(/^table (\S+ \S+)$/gm)].map(([, name = '']) => name);
  },
};

async function runNft(words: readonly string[], input: string): Promise<string> {
  const order = { input, timeoutMs: TIMEOUT_MS };
  const { code, killer, output, errors } = await runProgram('nft', words, order).catch((error) => {
    throw cannotRun('nft', 'nftables', error);
  });
  if (code === 0) return output;
  if (killer !== null) throw new Failure(`nft did not end within ${TIMEOUT_MS / 1_000} seconds`);
  throw new NftRefused(reasonIn(errors));
}

/** Such as `/dev/stdin:1:1-2: Error: Could not process rule: Operation not permitted`. */
function reasonIn(errors: string): string {
  const line = errors.split('\n', 1)[0]!.replace(/^.*?Error: /, '');
  return line.replace(/^Could not process rule: /, '') || 'nft failed';
}

function adviceFor(reason: string): string {
  if (/Operation not permitted/.test(reason)) return 'run the helper as root';
  if (/Operation not supported/.test(reason)) return 'use a kernel with nf_tables';
  return '';
}
