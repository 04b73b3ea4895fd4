import { describe, expect, it } from 'vitest';
import { matchesFilter, parseImageFilter, parseImageName } from '../../../client/verify/image-name.ts';
import { imageName } from '../../../variants/identity.ts';

describe('parseImageName', () => {
  it.each([
    ['debian/bookworm', 'debian/bookworm/arm64/default'],
    ['debian/bookworm/amd64', 'debian/bookworm/amd64/default'],
    ['debian/bookworm/x86_64/mini', 'debian/bookworm/amd64/mini'],
    ['alpine/3.19/aarch64', 'alpine/3.19/arm64/default'],
    ['debian/bookworm/ppc64le', 'debian/bookworm/ppc64el/default'],
    ['debian/bookworm/armv7l', 'debian/bookworm/armhf/default'],
  ])('reads %s as %s on arm64', (text, name) => {
    expect(imageName(parseImageName(text, 'arm64'))).toBe(name);
  });

  it.each(['', 'debian', 'debian/', '/bookworm', 'a/b/c/d/e', 'a/../b', 'a/b c', 'a//b'])('refuses %j', (text) => {
    expect(() => parseImageName(text, 'amd64')).toThrowError(expect.objectContaining({ code: 'bad-usage' }));
  });
});

describe('an image filter', () => {
  const image = { distribution: 'debian', release: 'bookworm', architecture: 'arm64', variant: 'mini' };

  it.each(['', 'debian', 'debian/bookworm', 'debian//aarch64', '///mini'])(
    '%j shows debian/bookworm/arm64/mini',
    (text) => {
      expect(matchesFilter(image, parseImageFilter(text))).toBe(true);
    },
  );

  it.each(['alpine', 'debian/trixie', 'debian//amd64', 'deb'])('%j hides it', (text) => {
    expect(matchesFilter(image, parseImageFilter(text))).toBe(false);
  });

  it('has four parts at most', () => {
    expect(() => parseImageFilter('a/b/c/d/e')).toThrowError(expect.objectContaining({ code: 'bad-usage' }));
  });
});
