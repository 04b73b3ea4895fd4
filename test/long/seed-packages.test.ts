// Packages upon a root that somebody else has made: what is refused, variants upon others, and managers that Cooper does not know. Judged by
// dpkg in the root. `npm run test:long`, for each makes a root of its own.

import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { generatePublisherKey, openSigner } from '../../keys/sign.ts';
import { hostArchitecture } from '../../variants/index.ts';
import { cooper } from '../e2e/cooper.ts';
import { SeedBed } from '../e2e/seed-bed.ts';
import { describeAsRoot } from '../setup/as-root.ts';

describeAsRoot('packages upon a root', () => {
  let bed: SeedBed;
  const root = () => join(bed.folder, 'root');
  const inside = (...words: string[]) => execFileSync('chroot', [root(), ...words], { encoding: 'utf8' });
  const makeRoot = (name: string) => {
    rmSync(root(), { recursive: true, force: true });
    return cooper([...bed.words('rootfs'), name, root()]);
  };

  beforeAll(async () => {
    bed = await SeedBed.open();
  }, 900_000);
  afterAll(() => bed?.close());

  it('of a variant change what the one below has', async () => {
    bed.define(
      'layered',
      '{ default: { packages: [greeting] }, upper: { extends: default, packages: [-greeting, second] } }',
    );
    const { status, stderr } = await makeRoot(`layered/one/${hostArchitecture()}/upper`);
    expect(status, stderr).toBe(0);
    expect(inside('dpkg', '-s', 'second')).toContain('Status: install ok installed\n');
    expect(inside('dpkg', '--audit')).toBe('');
    expect(() => inside('cat', '/usr/share/greeting')).toThrow();
  }, 120_000);

  it('come upon the layers of a container image too', async () => {
    bed.define('composed', '{ default: { packages: [greeting, -nano] } }');
    bed.compose('composed');
    const { status, stderr } = await makeRoot('composed/one');
    expect(status, stderr).toBe(0);
    expect(inside('cat', '/usr/share/greeting')).toBe('hello\n');
    expect(inside('dpkg', '--audit')).toBe('');
    expect(() => inside('dpkg', '-s', 'nano')).toThrow();
  }, 120_000);

  it('are refused from a repository that another key has signed', async () => {
    const now = new Date();
    await generatePublisherKey(join(bed.folder, 'other'), { now });
    const other = await openSigner(join(bed.folder, 'other'), now);
    bed.define('foreign', '{ default: { packages: [greeting] } }', other.certificate);
    const { status, stderr } = await makeRoot('foreign/one');
    expect(status).toBe(1);
    expect(stderr).toContain('no key that the root trusts has signed http://small.example/debian');
  }, 120_000);

  it.each([
    ['nosuch', 'apt: there is no package nosuch in the sources of the root [packages-not-installed]'],
    ['broken', 'apt: a script of the package broken failed [packages-not-installed]'],
    ['Less', 'apt cannot have a package called Less'],
  ])(
    '%s is refused in words',
    async (name, words) => {
      const distribution = `refused-${name.toLowerCase()}`;
      bed.define(distribution, `{ default: { packages: [${name}] } }`);
      const { status, stderr } = await makeRoot(`${distribution}/one`);
      expect(status).not.toBe(0);
      expect(stderr).toContain(words);
    },
    120_000,
  );

  it('come by the programs that the definition names, where Cooper knows none', async () => {
    bed.defineAs('told', '{ default: { packages: [one, two, -three] } }', [
      'packaging:',
      '  commands:',
      '    refresh: [[sh, -c, "echo refreshed >>/srv/told"]]',
      '    install: [[sh, -c, \'echo "install $*" >>/srv/told\', sh, "{names}", end]]',
      '    remove: [[sh, -c, \'echo "remove $*" >>/srv/told\', sh, "{names}"]]',
      '    clean: [[sh, -c, "echo clean >>/srv/told"]]',
    ]);
    const { status, stderr } = await makeRoot('told/one');
    expect(status, stderr).toBe(0);
    expect(inside('cat', '/srv/told')).toBe('refreshed\ninstall one two end\nremove three\nclean\n');
  }, 120_000);
});
