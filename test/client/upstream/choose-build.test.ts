// Which build of a server without a catalog a name means, and what is said when it means none.

import { describe, expect, it } from 'vitest';
import { chooseBuild, listUpstream } from '../../../client/upstream/choose-build.ts';
import type { OpenedUpstream } from '../../../client/upstream/open-upstream.ts';
import type { UpstreamBuild } from '../../../client/upstream/upstream-build.ts';
import { parseImageFilter, parseWantedImage } from '../../../client/verify/image-name.ts';
import { parseServer } from '../../../client/verify/server-address.ts';
import { byUpstream } from '../../../client/verify/vouching.ts';
import type { BuildName } from '../../../image/index.ts';
import type { Fingerprint } from '../../../keys/index.ts';

const build = (name: string, time: string, more: Partial<UpstreamBuild> = {}): UpstreamBuild => {
  const [distribution = '', release = '', architecture = '', variant = ''] = name.split('/');
  const folder = `images/${name}/${time}/`;
  return {
    ...{ distribution, release, architecture, variant, build: time as BuildName, title: undefined, folder },
    ...{ rootfs: { path: `${folder}rootfs.tar.xz` }, lxd: undefined, combined: undefined, inIndex: true, ...more },
  };
};
const old = build('alpine/3.19/amd64/default', '20260201_13:00', { combined: 'ab'.repeat(32) as never });
const recent = build('alpine/3.19/amd64/default', '20260203_13:00', { combined: 'cd'.repeat(32) as never });
const kernels = build('void/current/x86_64/default', '20260202_13:00');
const upstream = {
  server: parseServer('https://images.example.org'),
  builds: [old, recent, kernels],
  odd: ['LIST: "alpine:edge:amd64:default" "20260203_13:00" has its root as a squashfs alone'],
} as unknown as OpenedUpstream;
const choose = (text: string, choice = { channel: 'stable' }) =>
  chooseBuild(upstream, parseWantedImage(text, 'amd64'), choice).build;

describe('a name', () => {
  it('means the newest build, wherever it is in the list', () => expect(choose('alpine/3.19')).toBe(recent));

  it('may have the architecture in the words of the server, or of Debian', () => {
    expect(choose('void/current')).toBe(kernels);
    expect(choose('void/current/x86_64')).toBe(kernels);
  });

  it('of nothing is told what there is near, and what of it could not be taken', () => {
    const near = expect.arrayContaining(['  alpine/3.19/amd64/default']);
    expect(() => choose('alpine/3.18')).toThrow(expect.objectContaining({ code: 'image-not-found', lines: near }));
    const squashed = expect.arrayContaining([expect.stringContaining('squashfs')]);
    expect(() => choose('alpine/edge')).toThrow(expect.objectContaining({ code: 'image-not-found', lines: squashed }));
  });
});

it('a fingerprint means its build, also an old one', () => {
  expect(choose('abababababab')).toBe(old);
  expect(() => choose('0123456789ab')).toThrow(expect.objectContaining({ code: 'image-not-found' }));
});

it('there are no channels, and no signatures of several publishers', () => {
  expect(() => choose('alpine/3.19', { channel: 'testing' })).toThrow(
    expect.objectContaining({ code: 'image-not-found' }),
  );
  const threshold = { signatures: 2, publishers: [] };
  const several = () => choose('alpine/3.19', { channel: 'stable', threshold } as never);
  expect(several).toThrow(expect.objectContaining({ code: 'attestations-missing' }));
});

it('a list has each image once, in its newest build', () => {
  expect(listUpstream(upstream, 'stable')).toEqual([recent, kernels]);
  expect(listUpstream(upstream, 'stable', parseImageFilter('void//x86_64'))).toEqual([kernels]);
  expect(listUpstream(upstream, 'stable', parseImageFilter('void//arm64'))).toEqual([]);
});

it('what vouches for files says what it leaves open: the less, the more', () => {
  const signer = 'A'.repeat(40) as Fingerprint;
  expect(byUpstream('signature', signer, ['no catalog'])).toEqual({ by: 'signature', signer, lacking: ['no catalog'] });
  expect(byUpstream('checksum', undefined, []).lacking.join()).toContain("the server's own");
  expect(byUpstream('transport', undefined, []).lacking.join()).toContain('https alone');
  expect(byUpstream('nothing', undefined, []).lacking.join()).toContain('without encryption');
});
