/** The values of [Interface]: those of wg(8) (src/config.c) and those of wg-quick(8) (src/wg-quick/linux.bash). */
import { MAX_MTU, MIN_MTU } from '../constants.ts';
import { sentence } from '../sentence.ts';
import { IpAddress, IpPrefix } from '../wire/ip-prefix.ts';
import { parseDecimal, refuse, type Setting } from './setting.ts';
import type { RoutingTable } from './tunnel-config.ts';
import type { Warn } from './warning.ts';

const MAX_PORT = 65_535;
const MAX_UINT32 = 0xffff_ffff;
/** A name of /etc/iproute2/rt_tables: a word that cannot be taken for an option. */
const TABLE_NAME = /^[\p{L}_][\p{L}\p{N}_.-]{0,63}$/u;
/** `~` before a domain is systemd's mark of a routing domain; `~.` routes all names. */
const SEARCH_DOMAIN = /^(?:~\.|~?[\p{L}\p{M}\p{N}_](?:[\p{L}\p{M}\p{N}_.-]{0,251}[\p{L}\p{M}\p{N}_.])?)$/u;
const NUMBERS_AND_DOTS = /^[0-9.]+$/;

export function parseListenPort(setting: Setting): number {
  const port = parseDecimal(setting.value, MAX_PORT);
  return (
    port ??
    refuse(setting, /*i18n*/ '{setting}: write a port number from 0 to {most}; 0 picks a random one', {
      most: String(MAX_PORT),
    })
  );
}

/** `off`, decimal, or hex after `0x`, whose x wg(8) reads in lower case only. */
export function parseFwMark(setting: Setting): number {
  const { value } = setting;
  if (value.toLowerCase() === 'off') return 0;
  const mark =
    /^0x[0-9a-f]+$/i.test(value) && value[1] === 'x' ? Number(value) : parseDecimal(value, MAX_UINT32);
  if (mark === null || mark > MAX_UINT32)
    refuse(setting, /*i18n*/ '{setting}: write off, a number up to 4294967295, or 0x and up to ffffffff', {});
  return mark;
}

export function parseMtu(setting: Setting): number {
  const mtu = parseDecimal(setting.value, MAX_MTU);
  if (mtu === null || mtu < MIN_MTU)
    refuse(
      setting,
      /*i18n*/ '{setting}: write a number from {least} to {most}, or leave it out to have it found',
      { least: String(MIN_MTU), most: String(MAX_MTU) },
    );
  return mtu;
}

export function parseTable(setting: Setting): RoutingTable {
  const { value } = setting;
  const word = value.toLowerCase();
  if (word === 'auto' || word === 'off') return { kind: word };
  const number = /^0x[0-9a-f]+$/.test(word) ? Number(word) : parseDecimal(value, MAX_UINT32);
  if (number !== null && number <= MAX_UINT32) return { kind: 'number', number };
  if (TABLE_NAME.test(value)) return { kind: 'name', name: value };
  return refuse(setting, /*i18n*/ '{setting}: write auto, off, or the number or name of a routing table', {});
}

export function parseSaveConfig(setting: Setting): boolean {
  const word = setting.value.toLowerCase();
  if (word !== 'true' && word !== 'false') refuse(setting, /*i18n*/ '{setting}: write true or false', {});
  return word === 'true';
}

export function parseAddresses(setting: Setting, warn: Warn): IpPrefix[] {
  return listItems(setting, warn).map(
    (item) =>
      IpPrefix.parse(item) ??
      refuse(
        setting,
        /*i18n*/ '{setting}: write an address with a decimal prefix length, such as 10.0.0.2/32 or fd00::2/128',
        {},
        item,
      ),
  );
}

export function parseDns(setting: Setting, warn: Warn): { servers: IpAddress[]; searchDomains: string[] } {
  const servers: IpAddress[] = [];
  const searchDomains: string[] = [];
  for (const item of listItems(setting, warn)) {
    const address = IpAddress.parse(item);
    if (address !== null) servers.push(address);
    else if (NUMBERS_AND_DOTS.test(item) || item.includes(':'))
      refuse(
        setting,
        /*i18n*/ '{setting}: write a whole IPv4 or IPv6 address, without port, prefix length or zone',
        {},
        item,
      );
    else if (isSearchDomain(item)) searchDomains.push(item);
    else
      refuse(
        setting,
        /*i18n*/ '{setting}: write addresses of servers and search domains, with commas between',
        {},
        item,
      );
  }
  return { servers, searchDomains };
}

export function isSearchDomain(text: string): boolean {
  return SEARCH_DOMAIN.test(text) && !NUMBERS_AND_DOTS.test(text);
}

/** Commas and white space separate. wg-quick(8) lets a comma stand at an end; between two values one is missing. */
function listItems(setting: Setting, warn: Warn): string[] {
  const parts = setting.value.split(',').map((part) => part.trim());
  if (parts.slice(1, -1).includes(''))
    refuse(setting, /*i18n*/ '{setting}: two commas in a row; a value is missing between them', {});
  if (parts[0] === '' || parts.at(-1) === '')
    warn(
      'empty-value',
      setting.line,
      sentence(/*i18n*/ '{key} has a comma with no value beside it', { key: setting.key }),
    );
  return parts.flatMap((part) => part.split(/\s+/)).filter((item) => item !== '');
}
