import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { advanceRelease } from '../../../../builder/source/debian/seen-releases.ts';
import type { DebianSource as Source, Suite } from '../../../../variants/resolved.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cooper-seen-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const suite: Suite = { name: 'bookworm', archive: 'main', components: ['main'] };
const shipped: Source['keyring'] = { shipped: 'debian-archive-keyring' };

function see(day: string, keyring = shipped, of = suite): Promise<void> {
  const source = { keyring, suites: [of] } as unknown as Source;
  return advanceRelease(join(folder, 'archives'), source, of, new Date(`${day}T08:00:00Z`));
}

it('a newer state of a suite is taken, and one of a mirror that is some days behind', async () => {
  await see('2026-03-01');
  await see('2026-05-01');
  await expect(see('2026-04-25')).resolves.toBeUndefined();
});

it('a state that is clearly older than one seen is refused, and the newest stays remembered', async () => {
  await see('2026-05-01');
  await expect(see('2026-03-01')).rejects.toMatchObject({ code: 'archive-rollback', exit: 3 });
  await see('2026-04-25');
  await expect(see('2026-04-20')).rejects.toMatchObject({ code: 'archive-rollback' });
});

it('suites of another name, archive or keyring have a memory of their own', async () => {
  await see('2026-05-01');
  await see('2026-03-01', shipped, { ...suite, name: 'stable/updates' });
  await see('2026-03-01', shipped, { ...suite, archive: 'security' });
  await see('2026-03-01', { armored: 'a key' });
  expect(readdirSync(join(folder, 'archives'))).toHaveLength(4);
});

it('a damaged memory is refused, not overwritten', async () => {
  await see('2026-05-01');
  const [name = ''] = readdirSync(join(folder, 'archives'));
  writeFileSync(join(folder, 'archives', name), '{');
  await expect(see('2026-06-01')).rejects.toMatchObject({ code: 'trust-state-invalid' });
});
