/** The command line `wayfare`: every verb but `helper`, `engine` and the three for keys is a question to the helper. */
import { Argument, Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { isTunnelName } from '../../engine/config/tunnel-name.ts';
import packageJson from '../../package.json' with { type: 'json' };
import { Failure, toFailure } from '../failure.ts';
import {
  DEFAULT_UP_TIMEOUT_SECONDS,
  MAX_UP_TIMEOUT_SECONDS,
  MIN_UP_TIMEOUT_SECONDS,
  TRAFFIC_SPANS,
} from '../ipc/contract.ts';
import { KILL_SWITCH_MODES } from '../tunnel/settings.ts';
import { DEFAULT_SOCKET, DEFAULT_STATE_DIR } from './defaults.ts';
import { runEngineCommand } from './engine.ts';
import { newPresharedKeyText, newPrivateKeyText, printSecret, publicKeyText } from './keys.ts';
import { printable } from './print.ts';
import { addServiceCommands } from './service.ts';
import { runUi } from './ui.ts';
import * as verbs from './verbs.ts';

const EXIT_FAILURE = 1;
const EXIT_USAGE = 2;

/** @param args without node and the program. @returns the exit code: 0, 1 for a failure, 2 for wrong usage */
export async function main(args: string[]): Promise<number> {
  if (args.length === 0) {
    process.stderr.write(usageError('no command'));
    return EXIT_USAGE;
  }
  let exitCode = 0;
  const program = commandLine((code) => {
    exitCode = code;
  });
  // It stays: a write may fail after its command has ended.
  if (!process.stdout.listeners('error').includes(endForStdout)) process.stdout.on('error', endForStdout);
  try {
    await program.parseAsync(args, { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT_USAGE;
    const failure = toFailure(error);
    process.stderr.write(`wayfare: ${printable(failure.message)}\n`);
    if (failure.cause instanceof Error) process.stderr.write(`${failure.cause.stack}\n`);
    return EXIT_FAILURE;
  }
}

/** A full disk, or a reader that went away: what was asked for is not where it was wanted. */
function endForStdout(error: NodeJS.ErrnoException): void {
  const advice = error.code === 'ENOSPC' ? ', make room on that disk' : '';
  process.stderr.write(`wayfare: cannot write (${error.message}), on standard output${advice}\n`);
  process.exit(EXIT_FAILURE);
}

function commandLine(endWith: (exitCode: number) => void): Command {
  const { WAYFARE_SOCKET } = process.env;
  const program = new Command('wayfare')
    .description('WireGuard tunnels from .conf files.')
    .version(packageJson.version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'explain a command')
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(usageError(text)) })
    .helpCommand(false)
    .configureHelp({ showGlobalOptions: true })
    .option(
      '--socket <path>',
      'where the helper listens; WAYFARE_SOCKET sets another default',
      WAYFARE_SOCKET || DEFAULT_SOCKET,
    );
  addTunnelCommands(program);
  addProtectionCommands(program);
  addKeyCommands(program);
  addProcessCommands(program, endWith);
  addServiceCommands(program);
  return program;
}

/** Commander's words on one line, after our name. */
function usageError(text: string): string {
  const line = text
    .replace(/^error: /, '')
    .trim()
    .replace(/\s*\n\s*/g, ' ')
    .replace(/\.$/, '');
  return `wayfare: ${printable(line)}, see 'wayfare --help'\n`;
}

function addTunnelCommands(program: Command): void {
  const socket = () => program.opts<{ socket: string }>().socket;
  program
    .command('import')
    .description('store the tunnel of a .conf file; nothing is connected yet')
    .argument('<file>', 'the .conf file')
    .option(
      '--name <name>',
      'call it NAME instead of after the file: 1 to 15 letters, digits or _ = + . -',
      newTunnelName,
    )
    .action((file, { name }) => verbs.importFile(socket(), file, name ?? null));
  program
    .command('edit')
    .description('put a .conf file in the place of the config of a tunnel; what is set beside it stays')
    .argument('<name>', 'the tunnel', tunnelName)
    .argument('<file>', 'the .conf file')
    .option('--name <name>', 'call it NAME from now on; it must be down for that', newTunnelName)
    .option(
      '--base <file>',
      "what 'wayfare export' gave: where another config is stored by now, change nothing",
    )
    .action((name, file, { name: newName = null, base: baseFile = null }) =>
      verbs.editTunnel(socket(), name, file, { newName, baseFile }),
    );
  program
    .command('list')
    .description('print the stored tunnels and the state of each')
    .option('--json', 'print JSON')
    .action(({ json }) => verbs.list(socket(), json ?? false));
  program
    .command('export')
    .description('print the .conf of a tunnel, its private key included')
    .argument('<name>', 'the tunnel', tunnelName)
    .action((name) => verbs.exportTunnel(socket(), name));
  program
    .command('remove')
    .description('forget a stored tunnel and its keys')
    .argument('<name>', 'the tunnel, which must be down', tunnelName)
    .action((name) => verbs.remove(socket(), name));
  program
    .command('up')
    .description('connect a tunnel; ends once an authenticated packet came back from a peer')
    .argument('<name>', 'the tunnel', tunnelName)
    .addOption(timeoutOption())
    .option('--replace', 'take down the tunnels whose allowed IPs meet its own')
    .action((name, { timeout, replace }) => verbs.up(socket(), name, timeout, replace ?? false));
  program
    .command('reconnect')
    .description('take a tunnel down and up again as it is stored by now; what guards it stays')
    .argument('<name>', 'the tunnel', tunnelName)
    .addOption(timeoutOption())
    .action((name, { timeout }) => verbs.reconnect(socket(), name, timeout));
  program
    .command('down')
    .description('disconnect a tunnel, or all of them; also one that is still connecting')
    .argument('[name]', 'the tunnel', tunnelName)
    .action((name) => verbs.down(socket(), name ?? null));
  program
    .command('status')
    .description('print what there is to know of a tunnel, or of all of them')
    .argument('[name]', 'the tunnel', tunnelName)
    .option('--json', 'print JSON')
    .action((name, { json }) => verbs.status(socket(), name ?? null, json ?? false));
  program
    .command('traffic')
    .description('print what has gone through a tunnel')
    .argument('<name>', 'the tunnel', tunnelName)
    .addOption(
      new Option('--span <span>', 'how far back the rates go')
        .choices(TRAFFIC_SPANS)
        .default(TRAFFIC_SPANS[0]),
    )
    .option('--json', 'print JSON, with every step')
    .action((name, { span, json }) => verbs.traffic(socket(), name, span, json ?? false));
}

function timeoutOption() {
  return new Option('--timeout <seconds>', 'give up, and take everything down again, after this long')
    .argParser(seconds)
    .default(DEFAULT_UP_TIMEOUT_SECONDS);
}

function addProtectionCommands(program: Command): void {
  const socket = () => program.opts<{ socket: string }>().socket;
  program
    .command('set')
    .description('change how a tunnel is guarded; it holds at once')
    .argument('<name>', 'the tunnel', tunnelName)
    .addArgument(new Argument('<setting>', 'what to change').choices(['kill-switch', 'allow-lan']))
    .addArgument(
      new Argument('<value>', 'automatic is on for a tunnel that takes all traffic').choices(
        KILL_SWITCH_MODES,
      ),
    )
    .action((name, setting, value) => {
      if (setting === 'kill-switch')
        return verbs.set(socket(), name, { killSwitch: value }, `kill switch ${value}`);
      if (value === 'automatic') program.error('allow-lan is on or off');
      return verbs.set(socket(), name, { allowLan: value === 'on' }, `local network ${value}`);
    });
  program
    .command('lockdown')
    .description('let nothing leave this machine without a tunnel, from its start on')
    .addArgument(new Argument('<value>').choices(['on', 'off']))
    .action((value) => verbs.lockdown(socket(), value === 'on'));
  program
    .command('reset')
    .description(
      'take all tunnels down and remove everything of ours from the network, whatever state it is in',
    )
    .option('--state-dir <dir>', 'where the tunnels are stored', DEFAULT_STATE_DIR)
    .action(({ stateDir }) => verbs.reset(socket(), stateDir));
}

function addKeyCommands(program: Command): void {
  program
    .command('genkey')
    .description('print a new private key')
    .action(() => printSecret(newPrivateKeyText()));
  program
    .command('genpsk')
    .description('print a new preshared key')
    .action(() => printSecret(newPresharedKeyText()));
  program
    .command('pubkey')
    .description('read a private key from standard input, print its public key')
    .action(async () => {
      process.stdout.write(publicKeyText(await readStandardInput()));
    });
}

function addProcessCommands(program: Command, endWith: (exitCode: number) => void): void {
  program
    .command('helper')
    .description('run the helper in the foreground, in this network namespace, until a signal ends it')
    .option('--state-dir <dir>', 'where the tunnels are stored', DEFAULT_STATE_DIR)
    .option(
      '--lockdown-at-boot',
      'only close the machine where lockdown is on, for the time until the helper runs',
    )
    .action(async ({ stateDir, lockdownAtBoot = false }) => {
      const { lockDownAtBoot, runHelper } = await import('../main.ts');
      if (lockdownAtBoot) return lockDownAtBoot(stateDir);
      endWith(await runHelper({ socketPath: program.opts<{ socket: string }>().socket, stateDir }));
    });
  program
    .command('logs')
    .description('print what the helper has noted')
    .option('--follow', 'go on with what it notes from now on')
    .option('--since <time>', 'only what is newer, such as 10m or 2026-11-21')
    .option('--json', 'print a line of JSON each')
    .option('--state-dir <dir>', 'read its files there instead of asking the helper; as root')
    .action(({ stateDir = null, follow = false, since = null, json: asJson = false }) =>
      verbs.logs(program.opts<{ socket: string }>().socket, stateDir, { follow, since, asJson }),
    );
  program
    .command('ui')
    .description('show the app in a browser, until Ctrl-C')
    .option('--port <port>', 'where on loopback it is served; any that is free by default', port, 0)
    .option('--no-open', 'only print the address; without a display, and for root, that is so anyway')
    .action(async (options) => endWith(await runUi(program.opts<{ socket: string }>().socket, options)));
  program
    .command('engine')
    .description('run one WireGuard interface that wg(8) sets up, as wireguard-go does')
    .option('-f, --foreground', 'stay in the foreground')
    .argument('<name>', 'the interface')
    .action(async (name, { foreground }) => {
      endWith(await runEngineCommand(foreground ? ['-f', name] : [name]));
    });
}

function seconds(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value >= MIN_UP_TIMEOUT_SECONDS && value <= MAX_UP_TIMEOUT_SECONDS))
    throw new InvalidArgumentError(
      `It takes seconds, from ${MIN_UP_TIMEOUT_SECONDS} to ${MAX_UP_TIMEOUT_SECONDS}.`,
    );
  return value;
}

function port(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value > 65_535) throw new InvalidArgumentError('A port is 0 to 65535.');
  return value;
}

function tunnelName(text: string): string {
  if (!isTunnelName(text))
    throw new InvalidArgumentError("A tunnel's name has 1 to 15 letters, digits or _ = + . -");
  return text;
}

function newTunnelName(text: string): string {
  if (text.startsWith('-')) throw new InvalidArgumentError('A name begins with no "-".');
  return tunnelName(text);
}

/** A key is 45 bytes: somebody who pipes a film in is stopped early. */
const MAX_KEY_INPUT_LENGTH = 65_536;

async function readStandardInput(): Promise<string> {
  let text = '';
  process.stdin.setEncoding('latin1');
  for await (const chunk of process.stdin) {
    text += chunk;
    if (text.length > MAX_KEY_INPUT_LENGTH)
      throw new Failure('too much input', 'on standard input', 'give the key alone');
  }
  return text;
}
