import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readWindowState, writeWindowState } from '../../../../electron/main/window-state.ts';

const SCREEN = { x: 0, y: 0, width: 1_920, height: 1_080 };
const BOUNDS = { x: 100, y: 50, width: 900, height: 640 };
const AT_FIRST = { bounds: null, isMaximized: false };
let folder = '';
const path = () => join(folder, 'wayfare', 'window.json');

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'wayfare-window-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

it('is_read_as_it_was_written', () => {
  writeWindowState(path(), { bounds: BOUNDS, isMaximized: true });
  expect(readdirSync(join(folder, 'wayfare'))).toEqual(['window.json']);
  expect(readWindowState(path(), [SCREEN])).toEqual({ bounds: BOUNDS, isMaximized: true });
});

it('is_as_at_first_where_nothing_was_written', () => {
  expect(readWindowState(path(), [SCREEN])).toEqual(AT_FIRST);
});

it.each([
  ['half_a_file', '{"bounds":'],
  ['no_object', '7'],
  ['a_size_that_is_none', JSON.stringify({ bounds: { ...BOUNDS, width: 0 }, isMaximized: false })],
  ['a_fraction', JSON.stringify({ bounds: { ...BOUNDS, x: 0.5 }, isMaximized: false })],
  ['a_huge_number', '{"bounds":{"x":1e300,"y":0,"width":1,"height":1},"isMaximized":false}'],
])('is_as_at_first_after_%s', (_, text) => {
  writeFileSync(join(folder, 'window.json'), text);
  expect(readWindowState(join(folder, 'window.json'), [SCREEN])).toEqual(AT_FIRST);
});

describe('a screen that is gone', () => {
  it.each([
    ['to_the_right', { ...BOUNDS, x: 1_900 }],
    ['above', { ...BOUNDS, y: -600 }],
    ['far_away', { ...BOUNDS, x: 5_000, y: 5_000 }],
  ])('%s_leaves_the_place_to_the_desktop', (_, bounds) => {
    writeWindowState(path(), { bounds, isMaximized: false });
    expect(readWindowState(path(), [SCREEN])).toEqual(AT_FIRST);
    expect(readWindowState(path(), [SCREEN, { ...SCREEN, x: bounds.x, y: bounds.y }]).bounds).toEqual(bounds);
  });
});

it('a_disk_that_takes_nothing_is_no_reason_to_fail', () => {
  writeFileSync(join(folder, 'file'), '');
  writeWindowState(join(folder, 'file', 'window.json'), { bounds: BOUNDS, isMaximized: false });
});
