// A real image by `lxc-create -t cooper`, for each of the three callers: it boots until systemd is content, and goes away.

import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { rootCaller, type TemplateCaller, userCaller } from '../conformance/template-callers.ts';
import { eventually } from '../e2e/lxc/eventually.ts';
import { type PublishedMini, publishedMini, type RunningServer, startServer } from '../e2e/published.ts';
import { describeAsRoot } from '../setup/as-root.ts';

describeAsRoot('a container of lxc-create -t cooper', () => {
  let mini: PublishedMini;
  let server: RunningServer;
  let folder: string;
  beforeAll(async () => {
    mini = await publishedMini();
    server = await startServer(mini.home);
    folder = mkdtempSync('/var/tmp/cooper-template-');
    // Roots of containers have to pass it.
    chmodSync(folder, 0o755);
  });
  afterAll(async () => {
    await server?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const made = (name: string) => {
    mkdirSync(join(folder, name));
    return join(folder, name);
  };
  const callers: readonly (readonly [title: string, make: () => TemplateCaller])[] = [
    ['root', () => rootCaller(made('root'))],
    ['root with an id map', () => rootCaller(made('mapped'), 2_000_000)],
    ['an ordinary user', () => userCaller()],
  ];
  it.each(callers)('boots for %s', async (_title, make) => {
    const caller = make();
    const lxc = (tool: string, ...words: readonly string[]) =>
      caller.run([`lxc-${tool}`, '-P', caller.lxcPath, '-n', 'ct01', ...words]);
    const systemctl = async (...words: readonly string[]) =>
      (await lxc('attach', '--clear-env', '--', 'systemctl', ...words)).stdout.trim();
    try {
      await caller.cooper(['template', 'install']);
      const words = ['-d', 'debian', '-r', 'bookworm', '--variant', 'mini'];
      const from = ['--server', server.url, '--keyid', mini.fingerprint];
      const create = ['lxc-create', '-t', caller.template, '-n', 'ct01', ...caller.createWords];
      expect(await caller.run([...create, '--', ...words, ...from])).toMatchObject({ status: 0 });
      expect(await lxc('start', '-d')).toMatchObject({ status: 0 });
      const state = () => systemctl('is-system-running');
      expect(await eventually('the end of the boot', 60, state, (said) => /^(running|degraded)$/.test(said))).toBe(
        'running',
      );
      expect(await systemctl('--failed', '--plain', '--no-legend')).toBe('');
      expect(await lxc('stop', '--nokill', '--timeout', '30')).toMatchObject({ status: 0 });
      expect(await lxc('destroy')).toMatchObject({ status: 0 });
      expect(readdirSync(caller.lxcPath)).toEqual([]);
    } finally {
      await lxc('stop', '-k');
      await caller.leave();
    }
  });
});
