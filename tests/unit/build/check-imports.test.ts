import { describe, expect, it } from 'vitest';
import { checkFile } from '../../../build/check-imports.mjs';

/** Each violation as `line: what`. */
function violations(file: string, text: string): string[] {
  return checkFile(file, text).map(({ line, what }) => `${line}: ${what}`);
}

describe('imports go one way', () => {
  it.each([
    ['engine/constants.ts', '../engine/crypto/keys.ts'],
    ['engine/crypto/keys.ts', '../noise/handshake.ts'],
    ['engine/wire/messages.ts', '../peer/peer.ts'],
    ['engine/noise/handshake.ts', '../peer/peer.ts'],
    ['engine/peer/peer.ts', '../device/device.ts'],
    ['engine/device/device.ts', '../io/tun.ts'],
    ['engine/device/device.ts', '../uapi/server.ts'],
    ['engine/io/loop.ts', '../main.ts'],
    ['engine/main.ts', '../helper/main.ts'],
    ['helper/main.ts', '../electron/main/window.ts'],
    ['helper/main.ts', '../tests/support/netns.ts'],
    ['electron/main/window.ts', '../../renderer/api.ts'],
    ['electron/main/window.ts', '../../build/run.mjs'],
    ['renderer/api.ts', '../helper/ipc/client.ts'],
    ['renderer/api.ts', '../engine/index.ts'],
    ['renderer/api.ts', '../electron/main/window.ts'],
  ])('%s_may_not_import_%s', (file, specifier) => {
    expect(violations(file, `\nimport { x } from '${specifier}';\n`)).toEqual([`2: import ${specifier}`]);
    expect(violations(file, `import type { X } from '${specifier}';`)).toHaveLength(1);
    expect(violations(file, `export * from '${specifier}';`)).toHaveLength(1);
    expect(violations(file, `import '${specifier}';`)).toHaveLength(1);
    expect(violations(file, `const x = await import('${specifier}');`)).toHaveLength(1);
  });

  it.each([
    ['engine/ports.ts', './constants.ts'],
    ['engine/crypto/keys.ts', '../ports.ts'],
    ['engine/config/wg-quick.ts', '../crypto/keys.ts'],
    ['engine/device/device.ts', '../noise/handshake.ts'],
    ['engine/uapi/server.ts', '../io/socket.ts'],
    ['engine/main.ts', './uapi/server.ts'],
    ['helper/main.ts', '../engine/index.ts'],
    ['electron/main/window.ts', '../../helper/ipc/client.ts'],
    ['engine/noise/handshake.ts', '@noble/hashes/utils.js'],
  ])('%s_may_import_%s', (file, specifier) => {
    expect(violations(file, `import { x } from '${specifier}';`)).toEqual([]);
  });

  it('the_renderer_takes_types_from_the_contract_and_nothing_else', () => {
    const contract = '../electron/ipc/contract.ts';
    expect(violations('renderer/api.ts', `import type { State } from '${contract}';`)).toEqual([]);
    expect(violations('renderer/api.ts', `import { schema } from '${contract}';`)).toHaveLength(1);
    expect(violations('renderer/api.ts', `import { type State } from '${contract}';`)).toHaveLength(1);
  });

  it('a_computed_import_is_refused', () => {
    expect(violations('helper/main.ts', 'const x = await import(path);')).toEqual(['1: import (computed)']);
  });

  it('a_file_without_a_layer_is_refused', () => {
    expect(violations('engine/misc/thing.ts', '')).toEqual(['1: engine/misc/thing.ts']);
  });
});

describe('the engine meets the system in io, uapi and main only', () => {
  const SYSTEM_MODULES = [
    'koffi',
    'node:fs',
    'node:fs/promises',
    'node:net',
    'node:dgram',
    'node:child_process',
  ];

  it.each(SYSTEM_MODULES)('%s', (module) => {
    const text = `import x from '${module}';`;
    expect(violations('engine/device/device.ts', text)).toEqual([`1: import ${module}`]);
    expect(violations('engine/io/loop.ts', text)).toEqual([]);
    expect(violations('engine/uapi/server.ts', text)).toEqual([]);
    expect(violations('engine/main.ts', text)).toEqual([]);
    expect(violations('helper/main.ts', text)).toEqual([]);
  });

  it('node_crypto_is_for_crypto', () => {
    const text = `import { diffieHellman } from 'node:crypto';`;
    expect(violations('engine/crypto/primitives.ts', text)).toEqual([]);
    expect(violations('engine/noise/handshake.ts', text)).toHaveLength(1);
  });

  it('node_modules_are_written_with_their_prefix', () => {
    expect(violations('helper/main.ts', `import fs from 'fs';`)).toEqual(['1: import fs']);
  });
});

describe('time and randomness are arguments', () => {
  it.each(['Date.now()', 'performance.now()', 'new Date()', 'setTimeout(f, 5)', 'Math.random()'])(
    '%s',
    (call) => {
      const text = `\n\nconst x = ${call};\n`;
      expect(checkFile('engine/peer/timers.ts', text)).toMatchObject([{ line: 3 }]);
      expect(checkFile('engine/io/clock.ts', text)).toEqual([]);
      expect(checkFile('helper/tunnel/stats.ts', text)).toEqual([]);
    },
  );

  it('random_bytes_are_not_for_crypto_either', () => {
    const text = `import { randomBytes } from 'node:crypto';`;
    expect(violations('engine/crypto/keys.ts', text)).toEqual(['1: randomBytes']);
    expect(violations('engine/io/random.ts', text)).toEqual([]);
  });

  it('comments_and_strings_are_not_code', () => {
    const text = '// Date.now()\nconst x = "Math.random()"; /* setTimeout */ const y = `new Date()`;';
    expect(violations('engine/peer/timers.ts', text)).toEqual([]);
  });

  it('a_date_of_a_given_time_is_pure', () => {
    expect(violations('engine/crypto/tai64n.ts', 'const x = new Date(wallMs);')).toEqual([]);
  });
});
