/**
 * Recognises the kill switch of the wg-quick(8) manual (section EXAMPLES):
 * `iptables -I OUTPUT ! -o %i -m mark ! --mark $(wg show %i fwmark) -m addrtype ! --dst-type LOCAL -j REJECT`,
 * with ip6tables, with options in another order, and several of them joined in one hook.
 */

const CHAIN_OPTIONS = new Set(['-I', '-A', '--insert', '--append']);
const OUT_INTERFACE_OPTIONS = new Set(['-o', '--out-interface']);
const JUMP_OPTIONS = new Set(['-j', '--jump']);
const BLOCKING_TARGETS = new Set(['REJECT', 'DROP']);

export function isKillSwitchRecipe(hook: string): boolean {
  return hook.split(/&&|\|\||;|\n/).some(blocksOutsideTunnel);
}

function blocksOutsideTunnel(command: string): boolean {
  const words = command.trim().split(/\s+/);
  const program = words.find((word) => /(?:^|\/)ip6?tables(?:-legacy|-nft)?$/.test(word));
  if (program === undefined) return false;
  const follows = (options: ReadonlySet<string>, accepts: (next: string) => boolean): boolean =>
    words.some((word, index) => options.has(word) && accepts(words[index + 1] ?? ''));
  const negated = (options: ReadonlySet<string>): boolean =>
    words.some((word, index) => word === '!' && options.has(words[index + 1] ?? ''));
  return (
    follows(CHAIN_OPTIONS, (chain) => chain === 'OUTPUT') &&
    follows(JUMP_OPTIONS, (target) => BLOCKING_TARGETS.has(target)) &&
    negated(OUT_INTERFACE_OPTIONS) &&
    negated(new Set(['--mark']))
  );
}
