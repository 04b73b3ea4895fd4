// Judge: the host's apt on the same archives. One call of `apt-get install` on an empty system, with all names in one line,
// has to have the same answer; so have the two calls that mmdebstrap makes.

import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import type { PackageRequest } from '../../builder/source/debian/resolver.ts';
import { createTransport } from '../../fetch/index.ts';
import type { Suite } from '../../variants/resolved.ts';
import { type ArchivePair, backportsOf, openArchivePair, suitesOf } from './archive-pair.ts';
import { difference, randomRequest } from './random-sets.ts';

type Case = readonly [title: string, request: Partial<PackageRequest>];

const system = ['systemd-sysv', 'dbus'];
const server = 'openssh-server,locales,iproute2,iputils-ping,vim-tiny,less,man-db,ca-certificates,curl'.split(',');
const minbase: Case = ['minbase', {}];
const initAndServer: Case = ['an init and a server', { include: [...system, ...server] }];
const standard: Case = ['required and standard', { base: 'standard', include: ['openssh-server'] }];
const recommended: Case = ['recommendations', { include: ['apache2', 'postfix', 'python3-pip'], recommends: true }];
const python: Case = ['python3-full', { include: ['python3-full'], recommends: true }];

const common: readonly Case[] = [
  minbase,
  initAndServer,
  standard,
  recommended,
  python,
  ['a choice of mail agents: the default one', { include: ['mailutils', 'bsd-mailx'], recommends: true }],
  ['a choice of mail agents: a named one', { include: ['mailutils', 'nullmailer'], recommends: true }],
  ['a virtual name with versions', { include: ['libdbd-pg-perl', 'libjson-perl', 'php-mysql', 'debhelper'] }],
  ['an exclusion from the base', { base: 'important', exclude: ['tasksel', 'tasksel-data', 'nftables', 'vim-tiny'] }],
  ['an exclusion of the first choice', { include: ['git', 'cron'], exclude: ['exim4-base'], recommends: true }],
  ['a desktop', { include: ['task-xfce-desktop', 'task-laptop'], recommends: true }],
];
const more: readonly Case[] = [
  ['what others break', { include: ['systemd-sysv', 'libpam-systemd', 'gnome-session', 'orphan-sysvinit-scripts'] }],
  ['a library of i386', { include: ['libc6:i386', 'libstdc++6:i386'] }],
  ['a program of i386', { include: ['wine', 'wine32:i386'], recommends: true }],
  ['tools of i386 whose dependencies are native', { include: ['gcc:i386', 'python3-minimal:i386'] }],
];

interface Archive {
  readonly name: string;
  readonly release: string;
  readonly suites: readonly Suite[];
  readonly architectures: readonly string[];
  readonly cases: readonly Case[];
  readonly random: number;
}

const bookworm = suitesOf('bookworm', true);
/** Not every mirror has the security archive of i386. */
const withoutSecurity = bookworm.slice(0, 2);
const archives: readonly Archive[] = [
  {
    ...{ name: 'bookworm with i386', release: 'bookworm', suites: withoutSecurity, architectures: ['amd64', 'i386'] },
    ...{ cases: [...common, ...more], random: 3 },
  },
  {
    ...{ name: 'trixie with updates', release: 'trixie', suites: suitesOf('trixie', true), architectures: ['amd64'] },
    ...{ cases: common, random: 2 },
  },
  {
    ...{ name: 'bookworm alone', release: 'bookworm', suites: suitesOf('bookworm', false), architectures: ['arm64'] },
    ...{ cases: [minbase, initAndServer, standard, python], random: 1 },
  },
  {
    ...{ name: 'bookworm', release: 'bookworm', suites: withoutSecurity, architectures: ['i386'] },
    ...{ cases: [minbase, standard, recommended], random: 2 },
  },
  {
    ...{ name: 'sid', release: 'sid', suites: suitesOf('sid', false), architectures: ['amd64'] },
    ...{ cases: [minbase, initAndServer, standard, recommended, python], random: 2 },
  },
  ...[
    { title: 'backports as they are', suite: backportsOf('bookworm') },
    { title: 'backports above all', suite: backportsOf('bookworm', { pin: 600 }) },
    { title: 'backports level with all', suite: backportsOf('bookworm', { pin: 500 }) },
    { title: 'single backports', suite: backportsOf('bookworm', { pins: { 'yt-dlp': 990, 'python3-debian': -1 } }) },
    { title: 'backports never', suite: backportsOf('bookworm', { pin: -1 }) },
  ].map(({ title, suite }, position) => ({
    ...{ name: title, release: 'bookworm', suites: [...bookworm, suite], architectures: ['amd64'] },
    ...{
      cases: [initAndServer, ['newer ones', { include: ['cockpit', 'yt-dlp'], recommends: true }] as const],
    },
    random: position === 1 ? 2 : 0,
  })),
];

const folder = mkdtempSync('/var/tmp/cooper-resolver-');
const transport = createTransport();
afterAll(() => {
  transport.close();
  rmSync(folder, { recursive: true });
});

/** Seeds of the random sets: COOPER_SEED gives others. */
const firstSeed = Number(process.env.COOPER_SEED ?? 1);

describe.each(archives)('$name, $architectures', ({ name, release, suites, architectures, cases, random }) => {
  let pair: ArchivePair;

  beforeAll(async () => {
    const cacheDir = join(inject('testHome'), 'cache');
    // Archives with the same suites have one folder: apt reads their lists once, whatever the pins.
    pair = await openArchivePair({ release, suites, architectures }, { folder, cacheDir, transport });
  });

  test.each(cases)('the same packages in the same versions as apt: %s', (_title, more) => {
    const request: PackageRequest = { base: 'required', include: [], recommends: false, ...more };
    const theirs = pair.theirs(request);
    expect(pair.ours(request)).toEqual(theirs);
    expect(theirs?.length).toBeGreaterThan(40);
  });

  test.each(Array.from({ length: random }, (_, position) => firstSeed + position))('random set of seed %i', (seed) => {
    const request = randomRequest(pair, seed);
    expect(difference(pair, request), JSON.stringify({ seed, request })).toBeUndefined();
  });

  // Its patterns name bookworm: one archive is enough to ask.
  const twoCalls =
    name === archives[0]?.name && random === 3 ? ['the two calls of mmdebstrap, essential packages first'] : [];
  test.each(twoCalls)('%s, have the same answer', () => {
    const pattern = (what: string) => `?narrow(?codename(^bookworm$),?architecture(amd64),${what})`;
    const first = pair.apt.install([pattern('?essential')]);
    const rest = pattern('?and(?priority(required),?not(?essential))');
    const second = pair.apt.install([...system, ...server, rest], { installed: first });
    const ours = pair.ours({ base: 'required', include: [...system, ...server], recommends: false });
    expect(ours).toEqual([...new Set([...first, ...second])].sort());
  });
});
