/** A machine that systemd runs, with the program on it as a package would have it, and a traveller. */
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BootedMachine } from './booted-machine.ts';
import type { RunResult } from './processes.ts';
import { putProgramSource } from './program-source.ts';

export const INSTALLED = '/usr/lib/wayfare/current/node /usr/lib/wayfare/current/wayfare.js';
export const TRAVELLER_UID = 1_234;

export class ServiceMachine {
  readonly machine: BootedMachine;

  private constructor(machine: BootedMachine) {
    this.machine = machine;
  }

  /** The program is in /opt/wayfare; nothing is installed yet. */
  static async boot(): Promise<ServiceMachine> {
    const source = mkdtempSync(join(tmpdir(), 'wayfare-service-'));
    putProgramSource(source);
    const machine = await BootedMachine.boot();
    cpSync(source, machine.path('/opt/wayfare'), { recursive: true });
    cpSync(process.execPath, machine.path('/opt/wayfare/node'));
    rmSync(source, { recursive: true });
    await machine.sh(`chmod -R go-w /opt/wayfare; useradd --uid ${TRAVELLER_UID} --user-group traveller`);
    return new ServiceMachine(machine);
  }

  /** `wayfare service …` of the source, as sudo runs it. */
  service(...args: string[]): Promise<RunResult> {
    const program = ['/opt/wayfare/node', '/opt/wayfare/dist/wayfare.js', 'service', ...args];
    return this.machine.run('env', ['-i', `SUDO_UID=${TRAVELLER_UID}`, ...program]);
  }

  /** The installed command line, as root. */
  wayfare(...args: string[]): Promise<RunResult> {
    return this.machine.run('sh', ['-c', `exec ${INSTALLED} "$@"`, 'sh', ...args]);
  }

  /** @returns '0' while none runs */
  helperPid(): Promise<string> {
    return this.machine.sh('systemctl show --property MainPID --value wayfare');
  }

  close(): Promise<void> {
    return this.machine.close();
  }
}
