import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findImage } from '../../../client/verify/find-image.ts';
import {
  matchesFilter,
  parseImageFilter,
  parseImageName,
  parseWantedImage,
} from '../../../client/verify/image-name.ts';
import { type ImageId, imageName } from '../../../variants/identity.ts';

describe('parseImageName', () => {
  it.each([
    ['debian/bookworm', 'debian/bookworm/arm64/default'],
    ['debian/bookworm/amd64', 'debian/bookworm/amd64/default'],
    ['debian/bookworm/x86_64/mini', 'debian/bookworm/amd64/mini'],
    ['alpine/3.19/aarch64', 'alpine/3.19/arm64/default'],
    ['debian/bookworm/ppc64le', 'debian/bookworm/ppc64el/default'],
    ['debian/bookworm/armv7l', 'debian/bookworm/armhf/default'],
    ['debian/bookworm/mini', 'debian/bookworm/arm64/mini'],
  ])('reads %s as %s on arm64', (text, name) => {
    expect(imageName(parseImageName(text, 'arm64'))).toBe(name);
  });

  it.each(['', 'debian', 'debian/', '/bookworm', 'a/b/c/d/e', 'a/../b', 'a/b c', 'a//b'])('refuses %j', (text) => {
    expect(() => parseImageName(text, 'amd64')).toThrowError(expect.objectContaining({ code: 'bad-usage' }));
  });
});

/** Name and version of a release; images of `debian` in both variants on two architectures. */
const releases = [
  ['bookworm', '12'],
  ['trixie', '13'],
] as const;
const offered = releases.flatMap(([release, releaseVersion]) =>
  ['amd64', 'arm64'].flatMap((architecture) =>
    ['default', 'mini'].map((variant) => ({ distribution: 'debian', release, architecture, variant, releaseVersion })),
  ),
);

function found<T extends ImageId>(text: string, images: readonly T[], host = 'amd64'): string | undefined {
  const wanted = parseWantedImage(text, host);
  if (wanted.kind !== 'name') throw new Error(`${text} is no name`);
  const image = findImage(images, wanted.readings);
  return image && imageName(image);
}

describe('a name means', () => {
  it.each([
    ['debian/12', 'debian/bookworm/amd64/default'],
    ['debian/12/mini', 'debian/bookworm/amd64/mini'],
    ['debian/13/aarch64', 'debian/trixie/arm64/default'],
    ['debian/bookworm/mini', 'debian/bookworm/amd64/mini'],
    ['debian/bookworm/mini/aarch64', 'debian/bookworm/arm64/mini'],
    ['debian/12/default/x86-64', 'debian/bookworm/amd64/default'],
  ])('%s: %s', (text, name) => {
    expect(found(text, offered)).toBe(name);
  });

  it.each(['debian/11', 'debian/bookworm/full', 'debian/bookworm/riscv64', 'alpine/12'])('%s: nothing', (text) => {
    expect(found(text, offered)).toBeUndefined();
  });

  it('nothing by a version that two releases have', () => {
    const twice = [
      ...offered,
      {
        ...offered[0],
        distribution: 'debian',
        release: 'rebuilt',
        architecture: 'amd64',
        variant: 'default',
        releaseVersion: '12',
      },
    ];
    expect(found('debian/12', twice)).toBeUndefined();
    expect(found('debian/rebuilt', twice)).toBe('debian/rebuilt/amd64/default');
  });

  it('a release of that name before one of that version', () => {
    const named = { distribution: 'debian', release: '12', architecture: 'amd64', variant: 'default' };
    expect(found('debian/12', [...offered, named])).toBe('debian/12/amd64/default');
  });

  it('an architecture that is unknown here, where there is no such variant', () => {
    const odd = { distribution: 'debian', release: 'sid', architecture: 'e2k', variant: 'default' };
    expect(found('debian/sid/e2k', [odd])).toBe(imageName(odd));
  });

  const name = fc.stringMatching(/^[a-z0-9][a-z0-9.+~_-]{0,8}$/);
  const architecture = fc.oneof(fc.constantFrom('amd64', 'arm64', 'x86_64', 'armv7l'), name);
  const image = fc.record({ distribution: name, release: name, architecture, variant: fc.oneof(architecture, name) });

  it('the image that `list` shows by it, whatever else is there', () => {
    fc.assert(
      fc.property(fc.array(image, { minLength: 1 }), fc.nat(), (images, position) => {
        const chosen = images[position % images.length] as ImageId;
        expect(found(imageName(chosen), images)).toBe(imageName(chosen));
      }),
    );
  });
});

describe('a fingerprint', () => {
  it.each(['0123456789ab', 'ABCDEF012345', 'f'.repeat(64)])('is %s', (text) => {
    expect(parseWantedImage(text, 'amd64')).toEqual({ kind: 'fingerprint', prefix: text.toLowerCase() });
  });

  it.each(['0123456789a', 'f'.repeat(65), '0123456789ag'])('is not %s', (text) => {
    expect(() => parseWantedImage(text, 'amd64')).toThrowError(expect.objectContaining({ code: 'bad-usage' }));
  });
});

describe('an image filter', () => {
  const image = {
    distribution: 'debian',
    release: 'bookworm',
    architecture: 'arm64',
    variant: 'mini',
    releaseVersion: '12',
  };

  it.each([
    '',
    'debian',
    'debian/bookworm',
    'debian/12',
    'debian//aarch64',
    '///mini',
    'debian/bookworm/mini',
    'debian/bookworm/mini/aarch64',
    'debian/12/arm64/mini',
  ])('%j shows debian/bookworm/arm64/mini', (text) => {
    expect(matchesFilter(image, parseImageFilter(text))).toBe(true);
  });

  it.each(['alpine', 'debian/trixie', 'debian/13', 'debian//amd64', 'deb', 'debian/bookworm/full'])(
    '%j hides it',
    (text) => {
      expect(matchesFilter(image, parseImageFilter(text))).toBe(false);
    },
  );

  it('has four parts at most', () => {
    expect(() => parseImageFilter('a/b/c/d/e')).toThrowError(expect.objectContaining({ code: 'bad-usage' }));
  });
});
