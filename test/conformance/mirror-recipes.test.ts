// The recipes of docs/mirrors.md, as they stand there, with the real servers and the real rsync.

import { execFile, spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { createContainer } from '../../client/index.ts';
import { openSigner } from '../../keys/sign.ts';
import { publish } from '../../server/index.ts';
import { imageName } from '../../variants/index.ts';
import { makeBuild, makePublisher, type Publisher, publishBuilds, smallImage } from '../client/publication.ts';
import { createRequest } from '../client/request.ts';
import { type StaticServer, startConfigured } from '../client/static-servers.ts';
import { describeAsRoot } from '../setup/as-root.ts';

const execute = promisify(execFile);
const page = readFileSync(new URL('../../docs/mirrors.md', import.meta.url), 'utf8');
const now = new Date();
const ago = (minutes: number) => new Date(now.getTime() - minutes * 60_000);
let publisher: Publisher;
let tree: string;

/** The text of a fenced block. */
function recipe(name: string): string {
  const [, text] = new RegExp(`^\`\`\`${name}\n([\\s\\S]*?)^\`\`\``, 'm').exec(page) ?? [];
  return text ?? expect.fail(`no recipe for ${name}`);
}

beforeAll(async () => {
  publisher = await makePublisher(ago(60));
  const build = await makeBuild(publisher, ago(50));
  tree = await publishBuilds(publisher, [build], ago(50));
  // What is in it is nobody's business here.
  const attestations = join(tree, 'images', imageName(smallImage), build.manifest?.build ?? '', 'attestations');
  mkdirSync(attestations);
  writeFileSync(join(attestations, `${'A'.repeat(40)}.asc`), 'a signature');
});
afterAll(() => publisher.remove());

async function makeFrom(url: string): Promise<string | null> {
  const home = mkdtempSync(join(publisher.folder, 'home-'));
  const defaultConf = 'lxc.idmap = u 0 2000000 65536\nlxc.idmap = g 0 2000000 65536\n';
  const request = createRequest({ publisher, url, home, defaultConf, name: 'c1', now });
  try {
    return (await createContainer(request)).build;
  } finally {
    request.transport.close();
  }
}

describe.each(['nginx', 'Apache', 'Caddy'])('the recipe for %s', (name) => {
  let server: StaticServer;
  const text = () => recipe(name.toLowerCase()).replaceAll('/srv/cooper/tree', tree);
  beforeAll(async () => {
    server = await startConfigured(name, text(), publisher.folder);
  });
  afterAll(() => server.close());

  const headersOf = async (path: string) => {
    const answer = await fetch(`${server.url}${path}`);
    await answer.arrayBuffer();
    return {
      status: answer.status,
      cache: answer.headers.get('cache-control'),
      type: answer.headers.get('content-type'),
    };
  };

  it('keeps for ever what never changes, and nothing else', async () => {
    const { distribution, release, architecture, variant } = smallImage;
    const folder = `/images/${distribution}/${release}/${architecture}/${variant}`;
    const [build] = readdirSync(join(tree, folder));
    const fixed = { status: 200, cache: 'public, max-age=31536000, immutable' };
    expect(await headersOf(`${folder}/${build}/image.json`)).toMatchObject(fixed);
    const [shard] = readdirSync(join(tree, 'live/cooper/v1/shards'));
    expect(await headersOf(`/cooper/v1/shards/${shard}`)).toMatchObject(fixed);
    const short = { status: 200, cache: 'public, max-age=60, must-revalidate' };
    expect(await headersOf('/cooper/v1/catalog')).toMatchObject(short);
    expect(await headersOf('/meta/1.0/index-user.7')).toMatchObject(short);
    expect(await headersOf(`${folder}/${build}/attestations/${'A'.repeat(40)}.asc`)).toMatchObject(short);
  });

  it('gives stock clients what they ask for with doubled slashes', async () => {
    const get = (path: string) => execute('wget', ['-q', '-t', '1', '-O', '-', `${server.url}/${path}`]);
    const { stdout } = await get('/meta/1.0/index-user.7');
    expect(stdout).toBe(readFileSync(join(tree, 'live/meta/1.0/index-user.7'), 'utf8'));
    const path = stdout.trim().split(';')[5];
    expect((await get(`${path}/image.json`)).stdout).toContain('"kind":"cooper.image"');
  });

  it('answers gpg as a keyserver', async () => {
    const gnupg = join(publisher.folder, `gnupg-${name}`);
    mkdirSync(gnupg, { mode: 0o700 });
    const { fingerprint } = publisher;
    const { port } = new URL(server.url);
    const words = ['--homedir', gnupg, '--batch', '--keyserver', `hkp://127.0.0.1:${port}`, '--recv-keys', fingerprint];
    await execute('gpg', words);
    spawnSync('gpgconf', ['--homedir', gnupg, '--kill', 'all']);
    expect((await headersOf(`/keys/${fingerprint}.asc`)).type).toBe('application/pgp-keys');
  });
});

describeAsRoot('behind a server as it is told there', () => {
  test.each(['nginx', 'Apache', 'Caddy'])('containers are made: %s', async (name) => {
    const text = recipe(name.toLowerCase()).replaceAll('/srv/cooper/tree', tree);
    const server = await startConfigured(name, text, publisher.folder);
    try {
      expect(await makeFrom(server.url)).toMatch(/^\d{8}_\d{2}:\d{2}$/);
    } finally {
      await server.close();
    }
  });
});

describe('the recipe for rsync', () => {
  const commands = () => recipe('rsync').trim().split('\n');
  const run = (line: string, origin: string, mirror: string) =>
    execute('sh', ['-ec', line.replaceAll('ORIGIN', origin).replaceAll('MIRROR', mirror)]);
  const copyOfTree = () => {
    const origin = join(mkdtempSync(join(publisher.folder, 'origin-')), 'tree');
    cpSync(tree, origin, { recursive: true, verbatimSymlinks: true });
    return { origin, mirror: mkdtempSync(join(publisher.folder, 'mirror-')) };
  };

  it('copies a tree, and drops what its origin has given up', async () => {
    const { origin, mirror } = copyOfTree();
    mkdirSync(join(mirror, 'images/given/up'), { recursive: true });
    for (const line of commands()) await run(line, origin, mirror);
    await execute('diff', ['-r', '--no-dereference', join(origin, 'live/'), join(mirror, 'live/')]);
    await execute('diff', ['-r', join(origin, 'images'), join(mirror, 'images')]);
    expect(existsSync(join(mirror, '.live.next'))).toBe(false);
  });

  it('never shows a generation that is not there, whenever the origin publishes', async () => {
    for (const [at] of commands().entries()) {
      const { origin, mirror } = copyOfTree();
      for (const line of commands()) await run(line, origin, mirror);
      for (const [position, line] of commands().entries()) {
        if (position === at) {
          const signer = await openSigner(publisher.keys, ago(40 - at));
          await publish(origin, [await makeBuild(publisher, ago(40 - at))], signer, ago(40 - at));
        }
        await run(line, origin, mirror);
        expectWhole(mirror);
      }
    }
  });

  function expectWhole(mirror: string): void {
    const generation = join(mirror, readlinkSync(join(mirror, 'live')));
    const index = readFileSync(join(generation, 'meta/1.0/index-user'), 'utf8');
    for (const line of index.trim().split('\n')) {
      expect(existsSync(join(generation, line.split(';')[5] ?? '', 'rootfs.tar.xz'))).toBe(true);
    }
  }
});
