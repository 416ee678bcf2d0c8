/** The verbs over a store of their own and a world that is played. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach } from 'vitest';
import type { ResultOf } from '../../../helper/ipc/contract.ts';
import { openMachineSettings } from '../../../helper/machine-settings.ts';
import { openTunnelStore } from '../../../helper/tunnel/store.ts';
import { Tunnels } from '../../../helper/tunnel/tunnels.ts';
import { FakeWorld, staying } from './fake-world.ts';

export class TunnelsWorld {
  stateDir = '';
  fake = new FakeWorld();
  tunnels!: Tunnels;

  /** A new one before each test of the file. */
  constructor() {
    beforeEach(async () => {
      this.stateDir = mkdtempSync(join(tmpdir(), 'wayfare-tunnels-'));
      this.fake = new FakeWorld();
      const store = await openTunnelStore(this.stateDir);
      this.tunnels = new Tunnels(store, await openMachineSettings(this.stateDir), this.fake.world);
    });
    afterEach(() => rmSync(this.stateDir, { recursive: true, force: true }));
  }

  import(text: string, fileName = 'home.conf', name: string | null = null): Promise<ResultOf<'import'>> {
    const content = Buffer.from(text).toString('base64');
    return this.tunnels.handlers.import({ fileName, name, content }, staying);
  }

  up(name: string): Promise<ResultOf<'up'>> {
    const request = { name, timeoutSeconds: 30, replace: false, detached: false };
    return this.tunnels.handlers.up(request, staying);
  }

  /** @param name null for all */
  down(name: string | null): Promise<ResultOf<'down'>> {
    return this.tunnels.handlers.down({ name }, staying);
  }

  async names(): Promise<string[]> {
    return (await this.tunnels.handlers.list({}, staying)).tunnels.map(({ name }) => name);
  }
}
