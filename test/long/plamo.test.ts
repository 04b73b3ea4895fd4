// A Plamo Linux in miniature with the stock client in both of its ways, after the gate has booted it in both.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cooperJson } from '../e2e/cooper.ts';
import type { Actor } from '../e2e/lxc/actor.ts';
import { ordinaryUser } from '../e2e/lxc/ordinary-user.ts';
import { rootActor } from '../e2e/lxc/root.ts';
import { containerOf, createByStockClient, lifeOf, lived, PlamoBed } from '../e2e/plamo-bed.ts';
import { type RunningServer, startServer } from '../e2e/published.ts';
import { describeAsRoot } from '../setup/as-root.ts';

const actors: readonly (readonly [title: string, make: (bed: PlamoBed) => Promise<Actor>])[] = [
  ['root', async ({ folder }) => rootActor(join(folder, 'lxc'))],
  ['an ordinary user', ordinaryUser],
];

describeAsRoot('a Plamo Linux', () => {
  let bed: PlamoBed;
  let server: RunningServer;
  let directory: string;

  beforeAll(async () => {
    bed = await PlamoBed.open();
    const { images } = await cooperJson<{ images: readonly { directory: string }[] }>(
      bed.words('--boot-gate', 'always'),
    );
    directory = images[0]?.directory ?? '';
    server = await startServer(bed.home, ['--tls', 'self-signed']);
  });
  afterAll(async () => {
    await server?.stop();
    await bed?.remove();
  });

  test('was booted by the gate, privileged and unprivileged', () => {
    expect(readFileSync(join(directory, 'gate.json'), 'utf8')).toMatch(/"privileged"[\s\S]*"unprivileged"/);
  });

  describe.each(actors)('as %s', (_title, make) => {
    let actor: Actor;
    beforeAll(async () => {
      actor = await make(bed);
    });
    afterAll(() => actor?.leave());

    test('is made by lxc-create -t download, starts and stops', async () => {
      const container = containerOf(actor, 'plamo');
      await createByStockClient(container, server);
      expect(await lifeOf(container)).toBe(lived('plamo'));
    });
  });
});
