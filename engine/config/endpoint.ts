/** `Endpoint = host:port`, read as wg(8) does (src/config.c, parse_endpoint), but with no look-up of the name. */
import { sentence } from '../sentence.ts';
import { IpAddress } from '../wire/ip-prefix.ts';
import { parseDecimal, refuse, type Setting } from './setting.ts';
import type { EndpointConfig } from './tunnel-config.ts';
import type { Warn } from './warning.ts';

const MAX_PORT = 65_535;
const LONGEST_HOST_NAME = 253;
/** Labels of letters of any script, digits, `-` and `_`; a final dot makes the name absolute. */
const HOST_NAME =
  /^(?:[\p{L}\p{M}\p{N}_](?:[\p{L}\p{M}\p{N}_-]{0,61}[\p{L}\p{M}\p{N}_])?\.)*[\p{L}\p{M}\p{N}_](?:[\p{L}\p{M}\p{N}_-]{0,61}[\p{L}\p{M}\p{N}_])?\.?$/u;
/** What inet_aton(3) would take for an address in octal, in hex or with parts left out. */
const ADDRESS_LIKE = /^(?:0x[0-9a-f]*|[0-9]+)(?:\.(?:0x[0-9a-f]*|[0-9]+))*\.?$/i;
const ZONE = /^[a-zA-Z0-9_=+.-]{1,15}$/;

/** Refuses what is no `host:port`. Warns of IPv6 without brackets, which is split at the last colon, and of port 0. */
export function parseEndpoint(setting: Setting, warn: Warn): EndpointConfig {
  const { value } = setting;
  const scheme = /^([a-z][a-z0-9+.-]{0,9}):\/\//i.exec(value)?.[1]?.toLowerCase();
  if (scheme === 'tcp') {
    refuse(
      setting,
      /*i18n*/ '{setting}: TunSafe carries packets over TCP there, which a standard peer cannot; ask for its UDP port',
      {},
    );
  }
  if (scheme !== undefined)
    refuse(setting, /*i18n*/ '{setting}: an endpoint is host:port; leave out "{scheme}://"', { scheme });
  const { host, portText, bracketed } = splitEndpoint(setting);
  const port = parseDecimal(portText, MAX_PORT);
  if (port === null)
    refuse(setting, /*i18n*/ '{setting}: its port must be a number from 0 to {most}', {
      most: String(MAX_PORT),
    });
  if (!isHost(host)) refuse(setting, whyNoHost(host), {});
  if (host.includes(':') && !bracketed) {
    warn(
      'endpoint-without-brackets',
      setting.line,
      sentence(
        /*i18n*/ 'the last part of the endpoint was read as its port: [{host}]:{port}; write it with brackets',
        { host, port: String(port) },
      ),
    );
  }
  if (port === 0)
    warn(
      'unreachable-peer',
      setting.line,
      sentence(/*i18n*/ 'nothing can be sent to port 0; ask for the right port', {}),
    );
  return { host, port };
}

/** A host as EndpointConfig has it: a name, an IPv4 address, or an IPv6 address that may have a zone. */
export function isHost(host: string): boolean {
  const percent = host.indexOf('%');
  const address = IpAddress.parse(percent < 0 ? host : host.slice(0, percent));
  if (percent >= 0) return address?.family === 6 && ZONE.test(host.slice(percent + 1));
  if (address !== null) return true;
  return host.length <= LONGEST_HOST_NAME && HOST_NAME.test(host) && !ADDRESS_LIKE.test(host);
}

/** The text that every client reads: brackets around IPv6 only. */
export function formatEndpoint({ host, port }: EndpointConfig): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

function splitEndpoint(setting: Setting): { host: string; portText: string; bracketed: boolean } {
  const { value } = setting;
  const bracketed = value.startsWith('[');
  const colon = bracketed ? value.indexOf(']') + 1 : value.lastIndexOf(':');
  if (bracketed && colon === 0)
    refuse(setting, /*i18n*/ '{setting}: the bracket is not closed; write [address]:port', {});
  if (value[colon] !== ':' || colon === value.length - 1)
    refuse(setting, /*i18n*/ '{setting}: it has no port; write host:port, the port is often 51820', {});
  const host = bracketed ? value.slice(1, colon - 1) : value.slice(0, colon);
  return { host, portText: value.slice(colon + 1), bracketed };
}

function whyNoHost(host: string): `{setting}: ${string}` {
  if (host === '') return /*i18n*/ '{setting}: it has no host; write host:port';
  if (host.includes('%'))
    return /*i18n*/ '{setting}: a zone follows an IPv6 address only, as in [fe80::1%eth0]:51820';
  if (host.includes(':')) return /*i18n*/ '{setting}: its host is no IPv6 address; write [address]:port';
  if (ADDRESS_LIKE.test(host))
    return /*i18n*/ '{setting}: its host is no IPv4 address of four decimal numbers up to 255';
  return /*i18n*/ '{setting}: its host is neither an address nor a name; write host:port';
}
