// A root of an architecture that this machine is not, built under QEMU: `npm run test:long`, for it takes minutes.

import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, inject, it } from 'vitest';
import { hostArchitecture } from '../../variants/index.ts';
import { cooperJson } from '../e2e/cooper.ts';

const foreign = hostArchitecture() === 'arm64' ? 'amd64' : 'arm64';
const folder = mkdtempSync('/var/tmp/cooper-foreign-root-');
const registered = '/proc/sys/fs/binfmt_misc';
const hostFormats = () => (existsSync(registered) ? readdirSync(registered).sort() : []);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.runIf(process.getuid?.() === 0)('debian/bookworm/mini of another architecture', () => {
  const root = join(folder, 'root');

  it('is built without the host learning of its programs', async () => {
    const before = hostFormats();
    const home = join(inject('testHome'), 'foreign');
    mkdirSync(home, { recursive: true });
    const name = `debian/bookworm/${foreign}/mini`;
    await cooperJson(['--home', home, 'rootfs', name, root], { seconds: 3000 });
    expect(hostFormats()).toEqual(before);
  }, 3_000_000);

  it('has every package configured', () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg-query's own placeholders
    const query = ['--root', root, '--show', '--showformat', '${Architecture} ${db:Status-Abbrev}\n'];
    const lines = execFileSync('dpkg-query', query).toString().trim().split('\n');
    expect(lines.length).toBeGreaterThan(50);
    expect(lines.filter((line) => !/^(?:all|arm64|amd64) ii/.test(line))).toEqual([]);
    expect(lines.some((line) => line.startsWith(foreign))).toBe(true);
    expect(lines.some((line) => line.startsWith(hostArchitecture()))).toBe(false);
  });
});
