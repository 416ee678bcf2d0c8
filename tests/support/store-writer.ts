/**
 * `store-writer STATE ACTION CONFIG STEP`: does something to the tunnel `home`, and dies at one step of it. Prints the
 * steps where it lives.
 */
import { openTunnelStore } from '../../helper/tunnel/store.ts';
import { dieAtStep, steps } from './die-at-step.ts';

const [stateDir = '', action, config = '', step] = process.argv.slice(2);
const store = await openTunnelStore(stateDir);
dieAtStep(Number(step));
if (action === 'create') await store.create('home', config);
else if (action === 'change') await store.change('home', (tunnel) => ({ ...tunnel, config }));
else await store.remove('home');
process.stdout.write(JSON.stringify(steps));
