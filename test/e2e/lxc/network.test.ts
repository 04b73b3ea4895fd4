// The network default of the image: where the host has lxcbr0, a container gets addresses and names by itself.

import { appendFileSync, copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { type PublishedMini, publishedMini } from '../published.ts';
import { type Actor, does } from './actor.ts';
import { type Bridge, bridged, setUpBridge } from './bridge.ts';
import { attach, booted, type Container, discard, start } from './container.ts';
import { eventually } from './eventually.ts';
import { account, ordinaryUser } from './ordinary-user.ts';
import { rootActor } from './root.ts';

const actors: readonly (readonly [title: string, make: () => Promise<Actor>])[] = [
  ['privileged', async () => rootActor(join(inject('testHome'), 'lxc-network'))],
  ['unprivileged', ordinaryUser],
];

describe.skipIf(process.getuid?.() !== 0)('on a host with lxcbr0 (skipped without root: docs/limits.md, 1)', () => {
  let image: PublishedMini;
  beforeAll(async () => {
    image = await publishedMini();
  });

  describe.each(actors)('a container that is %s', (_title, make) => {
    let actor: Actor;
    let bridge: Bridge;
    let container: Container;
    beforeAll(async () => {
      const made = await make();
      bridge = await setUpBridge(inject('testHome'), account);
      actor = bridge.inside(made);
      container = { actor, name: 'cooper-e2e-net' };
      await createLocally(container, image.directory);
      useBridge(container);
      await start(container);
      expect(await booted(container)).toEqual({ verdict: 'running', failed: '' });
    });
    afterAll(async () => {
      if (container !== undefined) await discard(container);
      await bridge?.takeDown();
      await actor?.leave();
    });

    it('gets an IPv4 address by DHCP and an IPv6 address by router advertisement', async () => {
      const ask = async () => (await attach(container, 'networkctl', 'status', 'eth0', '--no-pager')).output;
      const both = (text: string) => /10\.0\.3\.1\d\d/.test(text) && /fd0c::/.test(text);
      const settled = (text: string) => both(text) && /routable \(configured\)/.test(text);
      expect(await eventually('both addresses', 40, ask, settled)).toContain('DHCP4');
    });
    it('resolves names with the name server that DHCP told', async () => {
      const ask = async () => (await attach(container, 'getent', 'ahostsv4', bridge.name)).output;
      expect(await eventually('the address', 20, ask, (text) => text.includes(bridge.address))).toContain(
        bridge.address,
      );
    });
  });
});

async function createLocally({ actor, name }: Container, directory: string): Promise<void> {
  // The tests' home is closed to the ordinary user.
  const [meta, rootfs] = ['meta.tar.xz', 'rootfs.tar.xz'].map((file) => {
    const copy = join(actor.home, file);
    copyFileSync(join(directory, file), copy);
    actor.own(copy);
    return copy;
  });
  const files = ['-m', meta ?? '', '-f', rootfs ?? ''];
  const line = ['lxc-create', '-n', name, '-P', actor.lxcPath, ...actor.createWords, '-t', 'local', '--', ...files];
  await does(actor, line, 300);
}

/** The tests' own default.conf asks for no network; a host with a bridge has this instead. */
function useBridge({ actor, name }: Container): void {
  const file = join(actor.lxcPath, name, 'config');
  writeFileSync(file, readFileSync(file, 'utf8').replaceAll(/^lxc\.net\..*\n?/gm, ''));
  appendFileSync(file, `\n${bridged}`);
}
