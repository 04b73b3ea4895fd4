// What is in a published image, as tools that we did not write see it.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { execute } from './cooper.ts';
import { type PublishedMini, publishedMini } from './published.ts';

let mini: PublishedMini;
let folder: string;
let listing: readonly string[];
const devices = ['console', 'full', 'null', 'ptmx', 'random', 'tty', 'urandom', 'zero'];

beforeAll(async () => {
  mini = await publishedMini();
  folder = mkdtempSync('/var/tmp/cooper-image-');
  listing = tar('-tv', '--numeric-owner').split('\n');
}, 900_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function tar(...words: readonly string[]): string {
  const archive = join(mini.directory, 'rootfs.tar.xz');
  return execFileSync('tar', [...words, '-f', archive], { encoding: 'utf8', maxBuffer: 1 << 28 });
}

function member(path: string): string {
  return tar('-xO', path);
}

test('xz finds the archive whole', async () => {
  const checked = await execute('xz', ['-t', join(mini.directory, 'rootfs.tar.xz')]);
  expect(checked).toMatchObject({ status: 0, stderr: '' });
});

test('device nodes are headers with the numbers that Linux gives them', () => {
  const nodes = listing.filter((line) => /^[cb]/.test(line));
  expect(nodes.map((line) => line.split('./dev/')[1]).sort()).toEqual(devices);
  expect(nodes.find((line) => line.endsWith('./dev/null'))).toMatch(/^crw-rw-rw- 0\/0\s+1,3 /);
});

test('every device node has its line among the excludes of unprivileged containers', () => {
  const excludes = execFileSync('tar', ['-xO', '-f', join(mini.directory, 'meta.tar.xz'), 'excludes-user'], {
    encoding: 'utf8',
  });
  for (const name of devices) expect(excludes.split('\n')).toContain(`./dev/${name}`);
});

test('GNU tar unpacks it as an unprivileged client does, without a node', async () => {
  const excludes = join(folder, 'excludes');
  execFileSync('tar', ['-x', '-C', folder, '-f', join(mini.directory, 'meta.tar.xz')]);
  const unpacked = await execute('tar', [
    ...['--anchored', `--exclude-from=${excludes}-user`, '--numeric-owner', '-xpJ', '-C', folder],
    ...['-f', join(mini.directory, 'rootfs.tar.xz')],
  ]);
  expect(unpacked).toMatchObject({ status: 0, stderr: '' });
  expect(execFileSync('find', [folder, '-type', 'c', '-o', '-type', 'b'], { encoding: 'utf8' })).toBe('');
});

test('no account has a password that anything could match', () => {
  const fields = member('./etc/shadow').trimEnd().split('\n');
  expect(fields.length).toBeGreaterThan(15);
  for (const line of fields) expect(line.split(':')[1], line).toMatch(/^[!*]/);
});

test('the machine has no identity yet and nothing of the build host', () => {
  expect(member('./etc/machine-id')).toBe('');
  expect(listing.filter((line) => line.includes('ssh_host_'))).toEqual([]);
  const text = ['./etc/hostname', './etc/hosts'].map(member).join('');
  expect(text).not.toContain(hostname());
  expect(readFileSync('/etc/resolv.conf', 'utf8')).not.toBe('');
  expect(listing.some((line) => /^-.* \.\/etc\/resolv\.conf$/.test(line))).toBe(false);
});

test('no file has a SELinux label or an overlay mark', () => {
  const raw = execFileSync(
    'sh',
    [
      '-c',
      `xz -dc "$1" | grep -aocE 'SCHILY.xattr.(security.selinux|user.overlay)' || true`,
      'sh',
      join(mini.directory, 'rootfs.tar.xz'),
    ],
    { encoding: 'utf8' },
  );
  expect(raw.trim()).toBe('0');
});

test('sha256sum agrees with every line of SHA256SUMS', async () => {
  const checked = await execute('sha256sum', ['--strict', '-c', 'SHA256SUMS'], { cwd: mini.directory });
  expect(checked.status, checked.stdout).toBe(0);
});

test('the sources of the image name the distribution’s own mirror only', () => {
  const sources = member('./etc/apt/sources.list.d/debian.sources');
  const uris = sources.split('\n').filter((line) => line.startsWith('URIs:'));
  expect(uris.join(' ')).toMatch(/ftp\.debian\.org/);
  for (const uri of uris) expect(uri).toMatch(/\b(ftp|security)\.debian\.org\b/);
});
