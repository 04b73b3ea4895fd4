// What a mirror takes of a server without a catalog, and what it gives up.

import { expect, it } from 'vitest';
import { leastOf, type UpstreamBuild } from '../../../client/index.ts';
import { type BuildName, wholeSelection } from '../../../image/index.ts';
import { leavingPaths, misplacedBuild, planAdoption, selectedBuilds } from '../../../server/mirror/upstream/plan.ts';
import type { Offer, OfferedBuild, OfferedImage } from '../../../server/publish/offer.ts';
import { buildFolder } from '../../../server/publish/tree.ts';

const id = { distribution: 'alpine', release: '3.19', architecture: 'amd64', variant: 'default' };
const build = (name: string, variant = 'default'): UpstreamBuild => {
  const named = { ...id, variant, build: name as BuildName };
  const folder = buildFolder(named, named.build);
  return {
    ...named,
    title: undefined,
    folder,
    rootfs: { path: `${folder}rootfs.tar.xz` },
    lxd: undefined,
    combined: undefined,
    inIndex: true,
  };
};
const path = (name: string, variant = 'default') => build(name, variant).folder;
const [first, second, third] = ['20260201_12:00', '20260202_12:00', '20260203_12:00'] as const;

function offerOf(
  builds: readonly (Partial<Omit<OfferedBuild, 'build'>> & { readonly build: string })[],
  change: Partial<OfferedImage> = {},
): Offer {
  const offered = builds.map((each) => ({
    path: path(each.build),
    pinned: false,
    channels: ['stable'],
    attestations: [],
    ...each,
  }));
  const image = {
    ...id,
    title: 'Alpine',
    withdrawn: [],
    builds: offered.sort((a, b) => (a.build < b.build ? 1 : -1)),
    ...change,
  };
  return new Map([['alpine/3.19/amd64/default', image as OfferedImage]]);
}

const plan = (
  listed: readonly UpstreamBuild[],
  offer: Offer,
  known: { ours?: string[]; taken?: string[]; refused?: string[] } = {},
) => {
  const { ours = [], taken = [], refused = [] } = known;
  return planAdoption(listed, { offer, ours: new Set(ours), taken: new Set(taken), refused: new Set(refused) });
};
const names = (builds: readonly UpstreamBuild[]) => builds.map((each) => each.build as string);

it('takes what is not here, the oldest first', () => {
  expect(
    names(
      plan([build(third), build(first), build(second)], offerOf([{ build: first }]), { ours: [path(first)] }).wanted,
    ),
  ).toEqual([second, third]);
});

it.each([
  ['was taken before', {}, { taken: [path(second)] }],
  ['was refused before', {}, { refused: [path(second)] }],
  ['was rolled back', { withdrawn: [second as BuildName] }, {}],
])('does not take what %s', (_what, change, known) => {
  expect(plan([build(second)], offerOf([{ build: first }], change), known).wanted).toEqual([]);
});

it('leaves a build of its own that has the same name', () => {
  expect(plan([build(first)], offerOf([{ build: first }]))).toEqual({
    wanted: [],
    conflicts: [`alpine/3.19/amd64/default ${first}`],
  });
});

const ours = new Set([path(first), path(second)]);
const offer = offerOf([{ build: first }, { build: second }]);

it('gives up what the server has given up, and nothing of others', () => {
  expect([...leavingPaths([build(second)], { offer, ours }, [])]).toEqual([path(first)]);
  expect([...leavingPaths([build(second)], { offer, ours: new Set() }, [])]).toEqual([]);
  expect([...leavingPaths([build(first, 'cloud')], { offer, ours }, [])]).toEqual([path(second), path(first)]);
});

it('keeps the last build of an image that the server still has, unless another comes', () => {
  expect([...leavingPaths([build(third)], { offer, ours }, [])]).toEqual([path(first)]);
  expect([...leavingPaths([build(third)], { offer, ours }, [build(third)])]).toEqual([path(second), path(first)]);
});

it('keeps what is pinned', () => {
  const pinned = offerOf([{ build: first, pinned: true }, { build: second }]);
  expect([...leavingPaths([build(third)], { offer: pinned, ours }, [build(third)])]).toEqual([path(second)]);
});

it('selects by names, and by those of Debian for architectures', () => {
  const kernel = { ...build(first), architecture: 'x86_64' };
  const selection = { ...wholeSelection, architectures: ['amd64'] };
  expect(selectedBuilds([kernel, build(first), { ...kernel, architecture: 'arm64' }], selection)).toHaveLength(2);
});

it('finds a build that lies elsewhere than its name says', () => {
  expect(misplacedBuild([build(first)])).toBeUndefined();
  expect(misplacedBuild([{ ...build(first), folder: path(second) }])).toContain(path(second));
});

it('says of several files the least', () => {
  expect(leastOf(['signature', 'checksum'])).toBe('checksum');
  expect(leastOf(['nothing', 'signature', 'transport'])).toBe('nothing');
});
