// Every variant of every release, built from the real mirror, made into a container by an ordinary user and taken through
// its life. An hour and more: `npm run test:long`, not `npm test`. COOPER_LONG narrows it: `trixie`, `bookworm/full`.

import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { hostArchitecture } from '../../variants/index.ts';
import { cooperJson } from '../e2e/cooper.ts';
import { type Actor, attempt } from '../e2e/lxc/actor.ts';
import type { Container } from '../e2e/lxc/container.ts';
import { containerLife } from '../e2e/lxc/life.ts';
import { ordinaryUser } from '../e2e/lxc/ordinary-user.ts';
import { rootActor } from '../e2e/lxc/root.ts';
import { sshIsOff } from '../e2e/lxc/ssh.ts';
import { createLine, trusting } from '../e2e/lxc/stock-client.ts';
import { type RunningServer, startServer } from '../e2e/published.ts';

const images = ['bookworm', 'trixie']
  .flatMap((release) => ['mini', 'default', 'large', 'full'].map((variant) => ({ release, variant })))
  .filter(({ release, variant }) => `${release}/${variant}`.includes(process.env.COOPER_LONG ?? ''));

const actors: readonly (readonly [title: string, make: () => Promise<Actor>])[] = [
  ['root, privileged', async () => rootActor(join(inject('testHome'), 'lxc'))],
  ['an ordinary user, unprivileged', ordinaryUser],
];

describe.runIf(process.getuid?.() === 0).each(images)(
  'debian/$release/$variant (needs root: docs/limits.md, 1)',
  (image) => {
    const home = inject('testHome');
    let server: RunningServer;

    it('is built, passes the gate and is published', async () => {
      const name = `debian/${image.release}/${hostArchitecture()}/${image.variant}`;
      const { images: built } = await cooperJson<{ images: { status: string }[] }>(['--home', home, 'build', name], {
        seconds: 3000,
      });
      // Mini may be there already: other tests of this suite use it.
      expect(built).toMatchObject([{ image: name, status: expect.stringMatching(/^(built|unchanged)$/) }]);
    }, 3_000_000);

    describe.each(actors)('as %s', (_title, make) => {
      let actor: Actor;
      beforeAll(async () => {
        server = await startServer(home, ['--tls', 'self-signed']);
        actor = await make();
      });
      afterAll(async () => {
        await actor?.leave();
        await server?.stop();
      });
      const container = (): Container => ({ actor, name: 'cooper-long' });

      it('lxc-create -t download makes a container of it', async () => {
        const line = createLine(container(), server, image);
        const { status, output } = await attempt(actor, line, 900, trusting(actor, server));
        expect({ status, output }).toMatchObject({ status: 0 });
      });
      containerLife(container, image.variant === 'mini' ? undefined : sshIsOff);
    });
  },
);
