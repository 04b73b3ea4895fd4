// Containers by `cooper create` with LXC, and the network default: where the host has lxcbr0, one gets addresses and names by itself.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { describeAsRoot } from '../../setup/as-root.ts';
import { miniName, type PublishedMini, publishedMini, startServer } from '../published.ts';
import { type Actor, does } from './actor.ts';
import { type Bridge, bridged, setUpBridge } from './bridge.ts';
import { attach, booted, type Container, discard, lxc, start, state } from './container.ts';
import { eventually } from './eventually.ts';
import { account, ordinaryUser } from './ordinary-user.ts';
import { rootActor } from './root.ts';

const actors: readonly (readonly [title: string, make: () => Promise<Actor>])[] = [
  ['privileged', async () => rootActor(join(inject('testHome'), 'lxc-network'))],
  ['unprivileged', ordinaryUser],
];

describeAsRoot('on a host with lxcbr0', () => {
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
      askForBridge(actor);
      await create(container, bridge, image);
    });
    afterAll(async () => {
      if (container !== undefined) await discard(container);
      await bridge?.takeDown();
      await actor?.leave();
    });

    it('is on the bridge, as its config says', () => {
      const config = readFileSync(join(actor.lxcPath, container.name, 'config'), 'utf8');
      expect(config.match(/^lxc\.net\..*$/gm)).toEqual(bridged.trim().split('\n'));
    });
    it('is booted by lxc-start until systemd answers `running`', async () => {
      await start(container);
      expect(await booted(container)).toEqual({ verdict: 'running', failed: '' });
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
    it('is stopped cleanly and removed by LXC', async () => {
      await does(actor, lxc(container, 'lxc-stop', '--nokill', '--timeout', '30'), 40);
      expect(await state(container)).toBe('STOPPED');
      await does(actor, lxc(container, 'lxc-destroy'));
    });
  });
});

/** As the actor would: from a server in the same network, since the host's loopback is another. */
async function create({ actor, name }: Container, bridge: Bridge, image: PublishedMini): Promise<void> {
  const server = await startServer(image.home, [], bridge.enter);
  try {
    const home = ['--home', join(actor.home, 'cooper')];
    const words = [
      'create',
      name,
      miniName,
      '--path',
      actor.lxcPath,
      '--server',
      server.url,
      '--keyid',
      image.fingerprint,
    ];
    await does(actor, [join(bridge.checkout, 'bin/cooper'), ...home, ...words], 300);
  } finally {
    await server.stop();
  }
}

/** Without default.conf root gets the bridge; an ordinary user, who needs one for the ids anyway, asks for it there. */
function askForBridge({ home, mode }: Actor): void {
  if (mode === 'system') return;
  const file = join(home, '.config/lxc/default.conf');
  writeFileSync(file, readFileSync(file, 'utf8').replace('lxc.net.0.type = empty\n', bridged));
}
