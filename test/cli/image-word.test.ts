// What a word for an image is: a path, or a name; and what options say of files.

import { describe, expect, it, test } from 'vitest';
import { isImagePath } from '../../cli/image-word.ts';
import { refuseLocalOptions, vouchingOf } from '../../cli/local-image.ts';

const usage = expect.objectContaining({ code: 'bad-usage' });

test.each(['.', '..', './debian', '../debian/bookworm', '/srv/debian', 'rootfs.tar.xz', 'a/b.tar.gz', 'root.squashfs'])(
  '%s is a path',
  (word) => expect(isImagePath(word)).toBe(true),
);

test.each([
  '',
  'debian',
  'debian/bookworm',
  'debian/12/amd64/mini',
  'up:debian/12',
  'local:debian/12',
  'local:',
  '0123456789ab',
])('%j is no path, whatever lies in the folder where somebody stands', (word) => expect(isImagePath(word)).toBe(false));

describe('files are vouched for', () => {
  const keyid = 'A'.repeat(40);
  const digest = 'a'.repeat(64);
  it('by signatures unless something else is said', () => {
    expect(vouchingOf({})).toEqual({ kind: 'signature' });
    expect(vouchingOf({ keyid, certificate: 'file' })).toEqual({ kind: 'signature' });
  });

  it('by digests, in whatever case they are typed', () => {
    expect(vouchingOf({ sha256: [digest.toUpperCase()] })).toEqual({ kind: 'digests', digests: [digest] });
  });

  it('by the user', () => expect(vouchingOf({ unverified: true })).toEqual({ kind: 'user' }));

  it.each([
    ['two ways at once', { sha256: [digest], unverified: true }],
    ['a digest and a key', { sha256: [digest], keyid }],
    ['nothing and a certificate', { unverified: true, certificate: 'file' }],
    ['a digest that is none', { sha256: ['abc'] }],
    ['a key to remember', { acceptKey: keyid }],
  ])('not by %s', (_what, options) => expect(() => vouchingOf(options)).toThrow(usage));
});

it.each([{ metadata: 'x' }, { sha256: ['x'] }, { unverified: true }])('%j is nothing for servers', (options) => {
  expect(() => refuseLocalOptions(options)).toThrow(usage);
  expect(() => refuseLocalOptions({})).not.toThrow();
});
