import { expect, it } from 'vitest';
import type { UpstreamBuild } from '../../../client/upstream/upstream-build.ts';
import { pickFingerprint, refuseOtherFingerprint } from '../../../client/verify/find-fingerprint.ts';
import type { Manifest } from '../../../image/index.ts';
import { sha256Of } from '../../../keys/digest.ts';

function build(variant: string, name: string, combined: string | undefined): UpstreamBuild {
  const id = { distribution: 'debian', release: 'bookworm', architecture: 'amd64', variant };
  const rootfs = { path: 'rootfs.tar.xz' };
  return {
    ...id,
    build: name,
    title: 'x',
    folder: '',
    rootfs,
    lxd: undefined,
    combined,
    inIndex: false,
  } as UpstreamBuild;
}

const [one, other] = [sha256Of('one'), `${sha256Of('one').slice(0, 20)}${'1'.repeat(44)}`];

it('the build whose fingerprint begins so', () => {
  const builds = [build('mini', '20260101_00:00', sha256Of('two')), build('mini', '20260102_00:00', one)];
  expect(pickFingerprint(builds, one.slice(0, 12))).toBe(builds[1]);
  expect(pickFingerprint(builds, '0'.repeat(12))).toBeUndefined();
  expect(pickFingerprint([build('mini', '20260101_00:00', undefined)], one.slice(0, 12))).toBeUndefined();
});

it('of several with one fingerprint the newest of the first image', () => {
  const builds = ['20260101_00:00', '20260102_00:00'].flatMap((name) => [
    build('mini', name, one),
    build('default', name, one),
  ]);
  expect(pickFingerprint(builds, one)).toMatchObject({ variant: 'default', build: '20260102_00:00' });
});

it('none where several fingerprints begin so, and says which', () => {
  const builds = [build('mini', '20260101_00:00', one), build('full', '20260101_00:00', other)];
  expect(() => pickFingerprint(builds, one.slice(0, 12))).toThrowError(
    expect.objectContaining({
      code: 'image-not-found',
      lines: [expect.stringContaining(other), expect.stringContaining(one)],
    }),
  );
  expect(pickFingerprint(builds, one.slice(0, 21))).toBe(builds[0]);
});

it('a build that is listed under the fingerprint of another is refused', () => {
  const image = build('mini', '20260101_00:00', one);
  const manifest = (fingerprint?: string) => ({ fingerprint }) as Manifest;
  expect(() => refuseOtherFingerprint(manifest(one), one.slice(0, 12), image)).not.toThrow();
  for (const fingerprint of [sha256Of('two'), undefined]) {
    expect(() => refuseOtherFingerprint(manifest(fingerprint), one.slice(0, 12), image)).toThrowError(
      expect.objectContaining({ code: 'signed-document-invalid', exit: 3 }),
    );
  }
});
