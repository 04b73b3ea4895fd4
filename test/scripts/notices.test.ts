import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { noticesOf } from '../../scripts/notices.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cooper-notices-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function makePackage(place: string, description: object, licence?: string): string {
  const at = join(folder, 'node_modules', place);
  mkdirSync(at, { recursive: true });
  writeFileSync(join(at, 'package.json'), JSON.stringify(description));
  if (licence !== undefined) writeFileSync(join(at, 'LICENSE.md'), licence);
  return join(at, 'dist/index.js');
}

describe('the notices of bundled packages', () => {
  it('have each package once, by name, with its version and the text of its licence', () => {
    const b = makePackage('b', { name: 'b', version: '2.0.0', license: 'MIT' }, 'Do what you want\n');
    const a = makePackage('@scope/a', { name: '@scope/a', version: '1.0.0', license: 'ISC' });
    const text = noticesOf([b, join(dirname(b), 'more.js'), a, join(folder, 'cli/main.ts')]);
    expect(text.match(/^\S+ \d.*$/gm)).toEqual(['@scope/a 1.0.0 (ISC)', 'b 2.0.0 (MIT)']);
    expect(text).toContain('\nDo what you want\n');
  });

  it('take a package within another for itself', () => {
    makePackage('outer', { name: 'outer', version: '1.0.0', license: 'MIT' });
    const inner = makePackage('outer/node_modules/inner', { name: 'inner', version: '3.0.0', license: 'MIT' });
    expect(noticesOf([inner])).toMatch(/^inner 3\.0\.0 \(MIT\)\n/);
  });

  it('are refused for a package that says nothing of its licence', () => {
    expect(() => noticesOf([makePackage('c', { name: 'c', version: '1.0.0' })])).toThrow(
      'c says nothing of its licence',
    );
  });
});
