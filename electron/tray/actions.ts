/** What a click in the tray's menu does. It can all be done in the window too. */
import { assertNever } from '../../engine/errors.ts';
import { DEFAULT_UP_TIMEOUT_SECONDS } from '../../helper/ipc/contract.ts';
import type { App } from '../app/app.ts';
import type { TrayAction } from './tray-model.ts';

export interface TrayActor {
  readonly app: Pick<App, 'handlers'>;
  /** @param tunnel whose view it shows */
  readonly showWindow: (tunnel?: string) => void;
  readonly quit: () => void;
}

export function actOn(action: TrayAction, { app: { handlers }, showWindow, quit }: TrayActor): void {
  switch (action.kind) {
    case 'connect': {
      const { name, replace } = action;
      const up = handlers.up({ name, timeoutSeconds: DEFAULT_UP_TIMEOUT_SECONDS, replace });
      up.catch(() => showWindow(name)); // where it is said why, or asked
      break;
    }
    case 'disconnect':
      handlers.down({ name: action.name }).catch(() => showWindow(action.name));
      break;
    case 'open':
      showWindow();
      break;
    case 'quit':
      quit();
      break;
    default:
      assertNever(action);
  }
}
