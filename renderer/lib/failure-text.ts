/** What went wrong and what to do, in words for a window: a person there has buttons and settings, and no terminal. */
import type { Failure } from '../../electron/ipc/contract.ts';
import { i18n } from './i18n.ts';

type Coded = NonNullable<Failure['coded']>;
type FailureText = Pick<Failure, 'what' | 'where' | 'advice'>;

/** One without a code keeps its English words. */
export function failureText({ what, where, advice, coded }: Failure): FailureText {
  return coded === undefined ? { what, where, advice } : codedText(coded);
}

function said(what: string, advice: string): FailureText {
  return { what, where: '', advice };
}

function codedText(coded: Coded): FailureText {
  switch (coded.code) {
    case 'helper-not-running':
      return said(
        i18n._('The helper is not running.'),
        i18n._('Install it, or have an administrator of this machine start it.'),
      );
    case 'helper-not-reached-yet':
      return said(i18n._('The helper is not reached yet.'), i18n._('Try again in a moment.'));
    case 'helper-unreachable':
      return said(i18n._('The helper cannot be reached ({reason}).', coded), '');
    case 'helper-busy':
      return said(
        i18n._('The helper has too many callers.'),
        i18n._('Close other programs that use it, or try again in a moment.'),
      );
    case 'helper-silent':
      return said(
        i18n._('The helper does not answer.'),
        i18n._('Have an administrator of this machine start it again, or restart the machine.'),
      );
    case 'helper-stopping':
      return said(i18n._('The helper is about to stop.'), i18n._('Try again in a moment.'));
    case 'helper-of-other-version':
      return said(
        i18n._('The helper answered in a way that this app does not know.'),
        i18n._('Install a helper and an app of the same version.'),
      );
    case 'connection-ended':
      return said(i18n._('The connection to the helper has ended.'), i18n._('Try again in a moment.'));
    case 'not-an-operator':
      return said(
        i18n._('The helper talks only to members of the group wayfare, and you are not one.'),
        i18n._(
          'An administrator of this machine has to add you to it. Sign out and in again after that, once.',
        ),
      );
    case 'not-an-admin':
      return said(
        i18n._('Only administrators may do this: root, and members of the group wayfare-admin.'),
        i18n._(
          'An administrator of this machine has to add you to it. Sign out and in again after that, once.',
        ),
      );

    case 'app-ended':
      return said(i18n._('The app behind this page has ended.'), i18n._('Start it again.'));
    case 'app-of-other-version':
      return said(
        i18n._('The app answered in a way that this page does not know.'),
        i18n._('Load the page again.'),
      );
    case 'answer-lost':
      return said(
        i18n._('The connection to the app was lost before it answered.'),
        i18n._('See whether it was done; if not, try again.'),
      );
    case 'password-refused':
      return said(i18n._('The helper was not installed.'), i18n._('It needs the password once.'));
    case 'helper-not-installed':
      return said(
        i18n._('The helper was not installed ({reason}).', coded),
        i18n._('Try again. Failing that, an administrator of this machine can run {script}.', coded),
      );
    case 'broken-inside':
      return said(
        i18n._('Something inside Wayfare broke.'),
        i18n._('Please report it, with the log of the helper.'),
      );

    case 'no-such-tunnel':
      return said(
        i18n._('There is no tunnel {tunnel}.', coded),
        i18n._('It may have been removed or renamed.'),
      );
    case 'tunnel-exists':
      return said(
        i18n._('There is a tunnel {tunnel} already.', coded),
        i18n._('Choose another name, or remove that one first.'),
      );
    case 'tunnel-not-down':
      return said(i18n._('{tunnel} is not disconnected.', coded), i18n._('Disconnect it first.'));
    case 'tunnel-changed':
      return said(
        i18n._('{tunnel} was changed meanwhile.', coded),
        i18n._('Open it anew, and change what is stored now.'),
      );
    case 'all-traffic-taken':
      return said(
        i18n._('Only one tunnel at a time can take all traffic, and {other} is connected.', coded),
        i18n._('Disconnect {other} first.', coded),
      );
    case 'allowed-ips-taken':
      return said(
        i18n._('The allowed IPs of {tunnel} meet those of {other}, which is connected, at {prefix}.', coded),
        i18n._('Disconnect {other} first.', coded),
      );
    case 'disk-full':
      return said(
        i18n._('The disk with {folder} is full.', coded),
        i18n._('Make room on it. What was stored before is unharmed.'),
      );
    case 'disk-read-only':
      return said(
        i18n._('The disk with {folder} is read-only.', coded),
        i18n._('Make it writable again. What is stored can still be used.'),
      );
    case 'lockdown-not-stored':
      return said(
        i18n._('The lockdown was switched, but only until the next start: it could not be stored.'),
        i18n._('See that the disk is neither full nor read-only, and switch it again.'),
      );

    case 'cancelled':
      return said(i18n._('Connecting {tunnel} was cancelled.', coded), '');
    case 'still-connecting':
      return said(
        i18n._('{tunnel} is not connected yet, and goes on trying.', coded),
        i18n._('Disconnect it to end that.'),
      );
    case 'step-timed-out':
      return said(i18n._('It took too long.'), i18n._('Try again.'));
    case 'no-answer':
      return said(
        i18n._('Nobody answered at {endpoints}.', coded),
        i18n._('Check the endpoint and the keys, and whether this network lets UDP through.'),
      );
    case 'no-answer-at-last-address':
      return said(
        i18n._('Nobody answered at {endpoints}.', coded),
        i18n._(
          'Its name was not looked up anew, as the kill switch is closed. Disconnect the tunnel and connect it again, or edit it and give the endpoint as an address.',
        ),
      );
    case 'name-not-resolved':
      return said(
        i18n._('The address of {endpoints} was not found in time.', coded),
        i18n._('Check the network connection and its DNS.'),
      );
    case 'name-not-asked-for':
      return said(
        i18n._('The address of {endpoints} was not found in time.', coded),
        i18n._(
          'The closed kill switch lets no question for a name out. Open the network first, or edit the tunnel and give the endpoint as an address.',
        ),
      );
    case 'no-such-name':
      return said(
        i18n._('The name {host} does not exist.', coded),
        i18n._('Edit the tunnel and check how its endpoint is spelled.'),
      );
    case 'no-private-key':
      return said(i18n._('The tunnel has no private key.'), i18n._('Edit it and add one.'));
    case 'mtu-too-small':
      return said(
        i18n._('IPv6 needs an MTU of at least {least} bytes, and this tunnel has {mtu}.', coded),
        i18n._('Edit it: raise the MTU, or take the IPv6 addresses and allowed IPs out.'),
      );
    case 'table-of-kernel':
      return said(
        i18n._(
          'The routes of this tunnel go to the table {table}, where this machine keeps its own addresses.',
          coded,
        ),
        i18n._('Edit it and choose another table.'),
      );
    case 'interface-exists':
      return said(
        i18n._('Another program has a network interface named {interface}.', coded),
        i18n._('End that program, or rename the tunnel.'),
      );
    case 'route-taken':
      return said(
        i18n._('{interface} has the route to {prefix} already.', coded),
        i18n._('End that connection, or edit the tunnel and take the prefix out of its allowed IPs.'),
      );
    case 'full-tunnel-taken':
      return said(
        i18n._('Another VPN program has routes for all traffic.'),
        i18n._('Disconnect it there first.'),
      );
    case 'program-not-run':
      return said(
        i18n._('The program {program} cannot be run ({reason}).', coded),
        i18n._('An administrator of this machine can install the package {package}.', coded),
      );
    case 'engine-ended':
      return said(
        i18n._('The engine of the tunnel ended ({reason}).', coded),
        i18n._('Try again. The log tells more.'),
      );
  }
}
