import { describe, expect, test } from 'vitest';
import type { Descriptor } from '../../../../builder/source/oci/documents.ts';
import { chooseManifest, fits, wantedPlatform } from '../../../../builder/source/oci/platform.ts';
import type { Sha256 } from '../../../../keys/digest.ts';

const descriptor = (platform?: string): Descriptor => {
  const [os = '', architecture = '', variant] = platform?.split('/') ?? [];
  return {
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    digest: { size: 1, sha256: (platform ?? 'none') as Sha256 },
    ...(platform === undefined
      ? {}
      : { platform: { os, architecture, ...(variant === undefined ? {} : { variant }) } }),
  };
};
const chosen = (platforms: readonly (string | undefined)[], architecture: string) =>
  chooseManifest(platforms.map(descriptor), architecture)?.digest.sha256;

const usual = [
  'windows/amd64',
  'linux/amd64',
  'linux/arm/v5',
  'linux/arm/v6',
  'linux/arm/v7',
  'linux/arm64/v8',
  'linux/386',
  'linux/ppc64le',
  'linux/s390x',
  'linux/riscv64',
  'unknown/unknown',
];

describe('the manifest of an index', () => {
  test.each([
    ['amd64', 'linux/amd64'],
    ['arm64', 'linux/arm64/v8'],
    ['armhf', 'linux/arm/v7'],
    ['armel', 'linux/arm/v5'],
    ['i386', 'linux/386'],
    ['ppc64el', 'linux/ppc64le'],
    ['s390x', 'linux/s390x'],
    ['riscv64', 'linux/riscv64'],
    ['loong64', undefined],
  ])('for %s is %s', (architecture, platform) => expect(chosen(usual, architecture)).toBe(platform));

  test('for programs that our processors may not run is not taken', () => {
    expect(chosen(['linux/amd64/v3', 'linux/amd64'], 'amd64')).toBe('linux/amd64');
    expect(chosen(['linux/amd64/v3'], 'amd64')).toBeUndefined();
    expect(chosen(['linux/arm64/v9'], 'arm64')).toBeUndefined();
    expect(chosen(['linux/arm/v6'], 'armhf')).toBeUndefined();
  });

  test('without a variant is the usual one', () => {
    expect(chosen(['linux/arm64'], 'arm64')).toBe('linux/arm64');
    expect(chosen(['linux/arm'], 'armhf')).toBe('linux/arm');
    expect(chosen(['linux/arm'], 'armel')).toBeUndefined();
  });

  test('without a platform is taken when it is the only one', () => {
    expect(chosen([undefined], 'amd64')).toBe('none');
    expect(chosen([undefined, 'linux/arm64'], 'amd64')).toBeUndefined();
    expect(chosen([], 'amd64')).toBeUndefined();
  });

  test('is the first of several', () => {
    const manifests = [descriptor('linux/amd64/v1'), descriptor('linux/amd64')];
    expect(chooseManifest(manifests, 'amd64')).toBe(manifests[0]);
  });
});

test('an image of an unknown system fits nowhere', () => {
  expect(fits({ os: 'unknown', architecture: 'unknown' }, 'unknown')).toBe(false);
});

test('platforms are shown as others show them', () => {
  expect(['amd64', 'arm64', 'armhf', 'i386'].map(wantedPlatform)).toEqual([
    'linux/amd64',
    'linux/arm64/v8',
    'linux/arm/v7',
    'linux/386',
  ]);
});
