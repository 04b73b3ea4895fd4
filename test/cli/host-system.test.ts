import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { hostSystem } from '../../cli/host-system.ts';
import { hostArchitecture } from '../../variants/identity.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cooper-host-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const architecture = hostArchitecture();

test.each([
  ['ID=debian\nVERSION_CODENAME=bookworm\n', { distribution: 'debian', release: 'bookworm' }],
  ['ID="alpine"\n', { distribution: 'alpine', release: undefined }],
  ["ID='void'\nVERSION_CODENAME=\"\n", { distribution: 'void', release: undefined }],
  ['NAME="Some thing"\nID_LIKE=debian\n', { distribution: undefined, release: undefined }],
  ['', { distribution: undefined, release: undefined }],
])('os-release %j', (text, expected) => {
  writeFileSync(join(folder, 'os-release'), text);
  expect(hostSystem(join(folder, 'os-release'))).toEqual({ architecture, ...expected });
});

test('a machine without os-release has an architecture', () => {
  const expected = { architecture, distribution: undefined, release: undefined };
  expect(hostSystem(join(folder, 'none'))).toEqual(expected);
});
