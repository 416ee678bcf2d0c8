// @ts-check
/**
 * Who may import whom, and who may touch the world: docs/decisions/0006-imports-go-one-way.md, as data.
 * Patterns are paths from the repository's root: a folder ends in `/`, anything else is one file.
 */

/**
 * From the ground up. A file may import its own layer and those below it.
 *
 * @type {readonly { name: string, files: readonly string[] }[]}
 */
export const LAYERS = [
  {
    name: 'ground',
    files: [
      'engine/constants.ts',
      'engine/errors.ts',
      'engine/ports.ts',
      'engine/sentence.ts',
      'package.json',
    ],
  },
  { name: 'crypto, wire, config', files: ['engine/crypto/', 'engine/wire/', 'engine/config/'] },
  { name: 'noise', files: ['engine/noise/'] },
  { name: 'peer', files: ['engine/peer/'] },
  { name: 'device', files: ['engine/device/'] },
  { name: 'dataplane, io, uapi', files: ['engine/dataplane/', 'engine/io/', 'engine/uapi/'] },
  { name: 'engine', files: ['engine/index.ts', 'engine/main.ts'] },
  { name: 'helper', files: ['helper/'] },
  { name: 'electron', files: ['electron/'] },
  { name: 'renderer', files: ['renderer/'] },
];

/**
 * What the order of layers does not say.
 *
 * @type {readonly { from: string, to: string, except: string, rule: string }[]}
 */
export const BARRED = [
  { from: 'renderer/', to: 'engine/', except: '', rule: 'the renderer imports only its own files' },
  { from: 'renderer/', to: 'helper/', except: '', rule: 'the renderer imports only its own files' },
  {
    from: 'renderer/',
    to: 'electron/',
    except: 'electron/ipc/contract.ts',
    rule: 'of the app, the renderer imports only electron/ipc/contract',
  },
];

/**
 * Files whose importers may take types only.
 *
 * @type {readonly { from: string, to: string, rule: string }[]}
 */
export const TYPES_ONLY = [
  {
    from: 'renderer/',
    to: 'electron/ipc/contract.ts',
    rule: 'the renderer imports only types from the contract',
  },
];

/** Where the engine meets the operating system. */
const SYSTEM_FILES = ['engine/io/', 'engine/uapi/', 'engine/main.ts'];

/**
 * Packages and node's own modules. `allowed` lists the only files in `from` that may import `module`; `*` stands for
 * any of node's modules that no earlier row names.
 *
 * @type {readonly { from: string, module: string, allowed: readonly string[], rule: string }[]}
 */
export const MODULES = [
  {
    from: 'engine/',
    module: 'koffi',
    allowed: SYSTEM_FILES,
    rule: 'system calls only in engine/io, engine/uapi and engine/main.ts',
  },
  {
    from: 'engine/',
    module: 'node:crypto',
    allowed: ['engine/crypto/', ...SYSTEM_FILES],
    rule: 'node:crypto only in engine/crypto and engine/io',
  },
  { from: 'engine/', module: 'node:buffer', allowed: ['engine/'], rule: 'computes, and touches nothing' },
  {
    from: 'engine/',
    module: 'node:*',
    allowed: SYSTEM_FILES,
    rule: 'the operating system only in engine/io, engine/uapi and engine/main.ts',
  },
];

/**
 * Time and randomness are arguments: code below `from` may not take them from the air.
 *
 * @type {readonly { from: string, allowed: readonly string[], pattern: RegExp, rule: string }[]}
 */
export const NAMES = [
  {
    from: 'engine/',
    allowed: ['engine/io/'],
    pattern: /\bDate\.now\b|\bperformance\.now\b|\bprocess\.hrtime\b|\bnew Date\(\s*\)/g,
    rule: 'the time is an argument (engine/ports.ts); clocks are read in engine/io',
  },
  {
    from: 'engine/',
    allowed: ['engine/io/'],
    pattern: /\b(?:setTimeout|setInterval|setImmediate)\b/g,
    rule: 'deadlines, not timers: only engine/io waits',
  },
  {
    from: 'engine/',
    allowed: ['engine/io/'],
    pattern:
      /\bMath\.random\b|\brandomBytes\b|\brandomFill\w*|\brandomInt\b|\brandomUUID\b|\bgetRandomValues\b/g,
    rule: 'randomness is an argument (engine/ports.ts); it is drawn in engine/io',
  },
];
