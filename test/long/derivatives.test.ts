// The definitions of distributions that derive from Debian, on Debian's packages: what their own archives would add cannot be
// had here (docs/limits.md), but their scripts, files, init and network are those of the definition.

import { chmodSync, cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { isMap, parseDocument, type Scalar, visit } from 'yaml';
import { definitionFolders, findDefinition, hostArchitecture } from '../../variants/index.ts';
import { cooper, cooperJson } from '../e2e/cooper.ts';
import { type Actor, attempt } from '../e2e/lxc/actor.ts';
import { attach, booted, type Container, discard, start } from '../e2e/lxc/container.ts';
import { eventually } from '../e2e/lxc/eventually.ts';
import { ordinaryUser } from '../e2e/lxc/ordinary-user.ts';
import { rootActor } from '../e2e/lxc/root.ts';
import { createLine, trusting } from '../e2e/lxc/stock-client.ts';
import { startServer } from '../e2e/published.ts';

const folder = mkdtempSync('/var/tmp/cooper-derivatives-');
// Containers of an ordinary user's ids have to reach their roots.
chmodSync(folder, 0o755);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Keyring packages of the distributions, for which Debian's stands. */
const keyrings = new Set(['ubuntu-keyring', 'devuan-keyring', 'kali-archive-keyring']);

/** The definition of `name` with Debian trixie for its archive. */
async function onDebian(name: string): Promise<string> {
  const definitions = join(folder, 'definitions');
  const own = await findDefinition(name, definitionFolders());
  cpSync(own, join(definitions, name), { recursive: true });
  const document = parseDocument(readFileSync(join(own, 'definition.yaml'), 'utf8'));
  const debian = parseDocument(readFileSync(join(dirname(own), 'debian/definition.yaml'), 'utf8'));
  document.set('source', debian.get('source'));
  // Its own time is spent on what it is for; the archive is that of every image.
  document.delete('rootfs');
  const releases = document.get('releases');
  for (const { value } of isMap(releases) ? releases.items : []) {
    if (isMap(value)) value.set('suites', debian.getIn(['releases', 'trixie', 'suites']));
  }
  visit(document, {
    Scalar(_key, node: Scalar) {
      if (keyrings.has(String(node.value))) node.value = 'debian-archive-keyring';
    },
  });
  // In trixie essential packages want `usrmerge | usr-is-merged`; in Ubuntu they want neither.
  if (name === 'ubuntu') document.addIn(['variants', 'mini', 'packages'], 'usr-is-merged');
  writeFileSync(join(definitions, name, 'definition.yaml'), document.toString());
  return definitions;
}

const actors: readonly (readonly [title: string, make: () => Promise<Actor>])[] = [
  ['root, privileged', async () => rootActor(join(folder, 'lxc'))],
  ['an ordinary user, unprivileged', ordinaryUser],
];

/** What the init says when it is up: the verdict of systemd, or the runlevel before and now. */
async function saidByInit(container: Container, distribution: string): Promise<string> {
  if (distribution !== 'devuan') return (await booted(container)).verdict;
  const up = await eventually(
    'its runlevel',
    60,
    () => attach(container, 'runlevel'),
    ({ output }) => /[2-5]$/m.test(output),
  );
  return up.output.trim();
}

describe.runIf(process.getuid?.() === 0).each([
  ['ubuntu/noble', ['mini', 'full']],
  ['devuan/excalibur', ['mini', 'default']],
  ['kali/kali-rolling', ['mini', 'default']],
])('%s on Debian (needs root: docs/limits.md, 1)', (release, variants) => {
  const home = join(folder, 'home');

  test.each(variants)(
    '%s is built, passes the gate and boots, privileged and not',
    async (variant) => {
      const definitions = await onDebian(dirname(release));
      const name = `${release}/${hostArchitecture()}/${variant}`;
      const words = ['--home', home, 'build', name, '--definitions', definitions, '--boot-gate', 'always'];
      const { images } = await cooperJson<{ images: { directory: string }[] }>(words, { seconds: 3000 });
      const gate: unknown = JSON.parse(readFileSync(join(images[0]?.directory ?? '', 'gate.json'), 'utf8'));
      expect(gate).toMatchObject({
        boots: [
          { mode: 'privileged', outcome: 'booted' },
          { mode: 'unprivileged', outcome: 'booted' },
        ],
      });
    },
    3_000_000,
  );

  test('a container of it has the init of its definition', async () => {
    const name = release.replaceAll('/', '-');
    const made = await cooper(['--home', home, 'create', name, `local:${release}/${hostArchitecture()}/mini`]);
    expect(made.status, made.stderr).toBe(0);
    const init = await cooper(['--home', home, 'run', name, '--', 'readlink', '-f', '/sbin/init']);
    expect(init.stdout).toBe(release.startsWith('devuan') ? '/usr/sbin/init\n' : '/usr/lib/systemd/systemd\n');
  });

  test.each(actors)(
    'the stock client makes a container of it that starts, as %s',
    async (_title, make) => {
      const [distribution = '', name = ''] = release.split('/');
      const actor = await make();
      const server = await startServer(home, ['--tls', 'self-signed']);
      const container = { actor, name: `cooper-long-${distribution}` };
      try {
        const line = createLine(container, server, { distribution, release: name, variant: 'mini' });
        const { status, output } = await attempt(actor, line, 600, trusting(actor, server));
        expect({ status, output }).toMatchObject({ status: 0 });
        await start(container);
        expect(await saidByInit(container, distribution)).toBe(distribution === 'devuan' ? 'N 2' : 'running');
      } finally {
        await discard(container);
        await server.stop();
        await actor.leave();
      }
    },
    900_000,
  );
});
