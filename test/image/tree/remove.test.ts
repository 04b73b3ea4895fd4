import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { removeTree } from '../../../image/tree/remove.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cooper-remove-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('removal of a tree', () => {
  it('reaches folders without permissions and names that are not text', () => {
    const tree = join(folder, 'tree');
    mkdirSync(join(tree, 'closed/inner'), { recursive: true });
    writeFileSync(Buffer.concat([Buffer.from(`${tree}/closed/inner/`), Buffer.from([0xff])]), '');
    chmodSync(join(tree, 'closed/inner'), 0o000);
    chmodSync(join(tree, 'closed'), 0o555);
    removeTree(tree);
    expect(existsSync(tree)).toBe(false);
  });

  it('does not follow symlinks', () => {
    mkdirSync(join(folder, 'kept'));
    writeFileSync(join(folder, 'kept/file'), '');
    mkdirSync(join(folder, 'tree'));
    symlinkSync('../kept', join(folder, 'tree/link'));
    symlinkSync('kept', join(folder, 'link'));
    removeTree(join(folder, 'tree'));
    removeTree(join(folder, 'link'));
    expect(readdirSync(folder)).toEqual(['kept']);
    expect(readdirSync(join(folder, 'kept'))).toEqual(['file']);
  });

  it('of what is not there is no error', () => {
    expect(() => removeTree(join(folder, 'missing'))).not.toThrow();
  });
});
