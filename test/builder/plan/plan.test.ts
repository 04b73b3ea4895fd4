// What a lock file says is built is what was built when it was written.

import { expect, test } from 'vitest';
import { lockOf } from '../../../builder/describe.ts';
import { planFromLock, planFromSource } from '../../../builder/plan/plan.ts';
import type { WantedPackage } from '../../../builder/source/index.ts';
import { createStages } from '../../../events/index.ts';
import { type BuildName, lockSchema } from '../../../image/index.ts';
import type { Sha256 } from '../../../keys/index.ts';
import { openImage } from '../../../variants/index.ts';

function wanted(name: string): WantedPackage {
  const digest = { size: 1, sha256: name.padEnd(64, '0') as Sha256 };
  const head = { name, version: '1', architecture: 'amd64', multiArch: 'no', source: { name, version: '1' } };
  return { ...head, archive: 'main', path: `pool/${name}.deb`, digest, essential: false, automatic: false };
}
const [a, b, c, d] = ['a', 'b', 'c', 'd'].map(wanted) as [WantedPackage, WantedPackage, WantedPackage, WantedPackage];

test.each([
  ['each layer upon the one below', [[a], [a, b], [a, b, c], [a, b, c, d]], 4],
  [
    'the lowest joined with the next',
    [
      [a, b],
      [a, c],
      [a, c, d],
      [a, c, d],
    ],
    3,
  ],
  ['two in the middle joined', [[a], [a, b], [a, c], [a, c, d]], 3],
  ['the upper ones joined, and then all', [[a, b], [a, b, c], [a, b, c, d], [d]], 1],
])('a lock file with %s gives the same layers again', async (_, packages, count) => {
  const asked = { image: await openImage('debian/bookworm/amd64/full'), build: '20260102_03:04' as BuildName };
  const chain = asked.image.layers.map((layer, position) => ({ layer, packages: packages[position] ?? [] }));
  const source = { choose: async () => [{ chain, epoch: 1, indices: [], vouched: 'signature' as const }] };
  const settings = { builderVersion: '0.0.0' };
  const [plan] = await planFromSource(
    [asked],
    source,
    settings,
    createStages(() => undefined, new AbortController().signal),
  );
  if (plan === undefined) throw new TypeError('no plan');
  expect(plan.layers).toHaveLength(count);
  const locked = planFromLock(asked, lockSchema.parse(lockOf({ plan, builderVersion: '0.0.0', fetched: [] })));
  expect(locked.layers).toEqual(plan.layers);
});
