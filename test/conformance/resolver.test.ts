// Judge: apt, asked as mmdebstrap asks it: first for the essential packages, then, with those installed, for the rest.

import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { type PackageRequest, resolvePackages } from '../../builder/source/debian/resolver.ts';
import { type ArchiveIndex, chooseMirrors, fetchIndices } from '../../builder/source/index.ts';
import { createTransport } from '../../fetch/index.ts';
import type { Source, Suite } from '../../variants/resolved.ts';
import { type HostApt, openHostApt } from './host-apt.ts';

const server = 'openssh-server,locales,iproute2,iputils-ping,vim-tiny,less,man-db,ca-certificates,curl'.split(',');
const system = ['systemd-sysv', 'dbus'];
const cases: readonly (PackageRequest & { readonly title: string })[] = [
  { title: 'nothing included', base: 'required', include: [], recommends: false },
  { title: 'an init', base: 'required', include: system, recommends: false },
  { title: 'a server', base: 'required', include: [...system, ...server], recommends: false },
  { title: 'the standard system', base: 'standard', include: ['openssh-server'], recommends: false },
  { title: 'recommendations', base: 'required', include: ['apache2', 'postfix', 'python3-pip'], recommends: true },
];
const priorities = {
  essential: '?priority(none)',
  required: '?priority(required)',
  important: '?or(?priority(required),?priority(important))',
  standard: '?or(?priority(required),?or(?priority(important),?priority(standard)))',
};

function suitesOf(release: string, all: boolean): Suite[] {
  const components = ['main'];
  const more: Suite[] = [
    { name: `${release}-updates`, archive: 'main', components },
    { name: `${release}-security`, archive: 'security', components },
  ];
  return [{ name: release, archive: 'main', components }, ...(all ? more : [])];
}

const folder = mkdtempSync('/var/tmp/cooper-resolver-');
const transport = createTransport();
afterAll(() => {
  transport.close();
  rmSync(folder, { recursive: true });
});

describe.each([
  ['bookworm', true],
  ['bookworm', false],
  ['trixie', true],
  ['trixie', false],
])('%s, with updates and security: %s', (release, all) => {
  const pattern = (what: string) =>
    `?narrow(?or(?archive(^${release}$),?codename(^${release}$)),?architecture(amd64),${what})`;
  let apt: HostApt;
  let index: ArchiveIndex;
  let essential: Readonly<Record<string, string[]>>;

  beforeAll(async () => {
    const source: Source = {
      kind: 'debian',
      keyring: { shipped: 'debian-archive-keyring' },
      mirrors: { main: 'http://ftp.debian.org/debian', security: 'http://security.debian.org/debian-security' },
      suites: suitesOf(release, all),
    };
    const mirrors = await chooseMirrors(source, release);
    const cacheDir = join(inject('testHome'), 'cache');
    const signal = new AbortController().signal;
    index = await fetchIndices(source, 'amd64', { cacheDir, mirrors, transport, signal, now: new Date() });
    apt = openHostApt(join(folder, `${release}-${all}`), source.suites, mirrors);
    const firstPass = (recommends: boolean) => apt.install([pattern('?essential')], { recommends });
    essential = { false: firstPass(false), true: firstPass(true) };
  });

  const ours = (request: PackageRequest) =>
    resolvePackages(index, request)
      .packages.map(({ name, version }) => `${name}=${version}`)
      .sort();

  test('a named alternative of an essential package counts as in one call of apt', () => {
    const include = [...system, 'usr-is-merged'];
    const theirs = apt.install([...include, pattern('?essential'), pattern('?priority(required)')]);
    expect(ours({ base: 'required', include, recommends: false })).toEqual(theirs);
    expect(theirs.some((item) => item.startsWith('usrmerge='))).toBe(false);
  });

  test.each(cases)('the same packages in the same versions as apt: $title', ({ title: _, ...request }) => {
    const { recommends } = request;
    const first = essential[String(recommends)] ?? [];
    const rest = pattern(`?and(${priorities[request.base]},?not(?essential))`);
    const second = apt.install([...request.include, rest], { installed: first, recommends });
    expect(first.length).toBeGreaterThan(50);
    expect(ours(request)).toEqual([...new Set([...first, ...second])].sort());
  });
});
