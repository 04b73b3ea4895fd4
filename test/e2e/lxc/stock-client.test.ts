// Debian's own LXC takes the image from our https server and lives with it, as root and as an ordinary user.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { hostArchitecture } from '../../../variants/index.ts';
import { publishedMini, type RunningServer, startServer } from '../published.ts';
import { type Actor, attempt } from './actor.ts';
import type { Container } from './container.ts';
import { containerLife } from './life.ts';
import { ordinaryUser } from './ordinary-user.ts';
import { rootActor } from './root.ts';
import { createLine, trusting } from './stock-client.ts';

const actors: readonly (readonly [title: string, make: () => Promise<Actor>])[] = [
  ['root, privileged', async () => rootActor(join(inject('testHome'), 'lxc'))],
  ['an ordinary user, unprivileged', ordinaryUser],
];

describe.skipIf(process.getuid?.() !== 0)('the stock client (skipped without root: docs/limits.md, 1)', () => {
  let server: RunningServer;
  beforeAll(async () => {
    const { home } = await publishedMini();
    server = await startServer(home, ['--tls', 'self-signed']);
  });
  afterAll(() => server?.stop());

  describe.each(actors)('as %s', (_title, make) => {
    let actor: Actor;
    beforeAll(async () => {
      actor = await make();
    });
    afterAll(() => actor?.leave());
    const container = (): Container => ({ actor, name: 'cooper-e2e' });

    it('lists the image', async () => {
      // Without --variant it lists the variant `default` only.
      const template = ['/usr/share/lxc/templates/lxc-download', '--list', '--variant', 'mini'];
      const { output } = await attempt(
        actor,
        [...template, '--server', `127.0.0.1:${server.port}`],
        60,
        trusting(actor, server),
      );
      const line = new RegExp(`^debian\tbookworm\t${hostArchitecture()}\tmini\t\\d{8}_\\d\\d:\\d\\d$`, 'm');
      expect(output).toMatch(line);
    });
    it('lxc-create -t download makes a container of it', async () => {
      const { status, output } = await attempt(
        actor,
        createLine(container(), server, { release: 'bookworm', variant: 'mini' }),
        300,
        trusting(actor, server),
      );
      expect({ status, output }).toEqual({
        status: 0,
        output: expect.stringContaining('This is Debian 12 (bookworm).'),
      });
      const config = readFileSync(join(actor.lxcPath, 'cooper-e2e/config'), 'utf8');
      expect(config).toContain(`lxc.arch = ${hostArchitecture()}\n`);
      expect(config).not.toMatch(/LXC_TEMPLATE_CONFIG|\{/);
    });
    containerLife(container);
  });
});
