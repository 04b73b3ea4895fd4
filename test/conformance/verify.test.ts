// Every file of a tree is spoilt in turn, in every way: `cooper verify` names it, and a client refuses whatever it has to do with.

import {
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { createMessage, readPrivateKey, sign } from 'openpgp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createContainer } from '../../client/index.ts';
import { CooperError } from '../../errors/index.ts';
import { readCertificates } from '../../keys/index.ts';
import { generatePublisherKey, openSigner, type Signer, signBuild } from '../../keys/sign.ts';
import { type AuditedTree, attest, auditTree, publish } from '../../server/index.ts';
import { buildFolder } from '../../server/publish/tree.ts';
import {
  makeBuild,
  makePublisher,
  type Publisher,
  publishBuilds,
  serveTree,
  smallImage,
} from '../client/publication.ts';
import { createRequest } from '../client/request.ts';
import { madeBuild, mini, writeManifest } from '../server/made-build.ts';
import { describeAsRoot } from '../setup/as-root.ts';

const now = new Date();
const signal = new AbortController().signal;
const large = { ...mini, variant: 'large' };
let folder: string;
let tree: string;
let signer: Signer;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'cooper-verify-'));
  tree = join(folder, 'tree');
  await generatePublisherKey(join(folder, 'keys'), { now });
  signer = await openSigner(join(folder, 'keys'), now);
  const first = [await madeBuild(folder, signer, mini, '20260201_12:00')];
  await publish(tree, first, signer, now);
  const more = [
    await madeBuild(folder, signer, mini, '20260201_12:01'),
    await madeBuild(folder, signer, large, '20260201_12:01'),
  ];
  await publish(tree, more, signer, now);
  await generatePublisherKey(join(folder, 'other-keys'), { passphrase: undefined, now });
  const other = await openSigner(join(folder, 'other-keys'), now);
  const [build] = more;
  const signature = await other.signDetached(readFileSync(join(build?.directory ?? '', 'image.json')));
  const certificates = await readCertificates(Buffer.from(other.certificate));
  const what = { image: mini, build: '20260201_12:01', channel: 'stable', signature, certificates };
  await attest(tree, what, signer, now);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const audit = (of: string): Promise<AuditedTree> => auditTree(of, { now, signal });

/** Work on a copy of a tree. */
async function onCopy<T>(of: string, work: (copy: string) => Promise<T>): Promise<T> {
  const copy = join(mkdtempSync(join(folder, 'copy-')), 'tree');
  cpSync(of, copy, { recursive: true, verbatimSymlinks: true });
  try {
    return await work(copy);
  } finally {
    rmSync(join(copy, '..'), { recursive: true, force: true });
  }
}

/** Ways to spoil a file; false when it cannot be done to this one. `tree` is where others to swap it with are. */
const ways: Readonly<Record<string, (file: string, tree: string, path: string) => boolean>> = {
  'one bit': (file) => {
    const bytes = readFileSync(file);
    const at = bytes.length >> 1;
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    writeFileSync(file, bytes);
    return true;
  },
  'cut short': (file) => {
    truncateSync(file, lstatSync(file).size - 20);
    return true;
  },
  'made longer': (file) => {
    writeFileSync(file, Buffer.concat([readFileSync(file), Buffer.alloc(4096, 'x')]));
    return true;
  },
  missing: (file) => {
    rmSync(file);
    return true;
  },
  'a link to itself elsewhere': (file) => {
    renameSync(file, `${file}.moved`);
    symlinkSync(`${file}.moved`, file);
    return true;
  },
  'a folder': (file) => {
    rmSync(file);
    mkdirSync(file);
    return true;
  },
  'that of another image': (file, _tree, path) =>
    swap(file, path, /^(images\/.*)\/[^/]+(\/[^/]+\/[^/]+)$/, '$1/large$2'),
  'that of an older build': (file, copy, path) => {
    if (!path.startsWith('images/')) return false;
    const [image, build] = [/^.*(?=\/\d{8}_)/, /\d{8}_\d\d:\d\d/].map((part) => part.exec(path)?.[0] ?? '');
    const [older] = readdirSync(join(copy, image ?? '')).sort();
    return swap(file, path, build ?? '', older ?? '');
  },
  'that of the generation before': (file, copy, path) => {
    if (!path.startsWith('generations/')) return false;
    const [older] = readdirSync(join(copy, 'generations')).sort();
    return swap(file, path, /^generations\/\d+\//, `generations/${older}/`);
  },
};

function swap(file: string, path: string, from: RegExp | string, to: string): boolean {
  const other = file.slice(0, -path.length) + path.replace(from, to);
  if (other === file || !existsSync(other)) return false;
  const content = readFileSync(other);
  if (content.equals(readFileSync(file))) return false;
  // Two files that are the same may have each other's signatures.
  const signed = (of: string) => readFileSync(of.replace(/\.(asc|gpg)$/, ''));
  if (/\.(asc|gpg)$/.test(file) && signed(file).equals(signed(other))) return false;
  writeFileSync(file, content);
  return true;
}

/** Files of the live generation and of the newest build of one image, relative to the tree. */
function filesOf(of: string, build = 'images/debian/bookworm/amd64/mini/20260201_12:01'): string[] {
  const live = readlinkSync(join(of, 'live'));
  return [build, live].flatMap((top) =>
    readdirSync(join(of, top), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(of.length + 1)),
  );
}

describe('cooper verify', () => {
  it('finds no fault in a tree that was published', async () => {
    expect(await audit(tree)).toMatchObject({ builds: 3, images: 2, findings: [], fingerprint: signer.fingerprint });
  });

  it.each(Object.keys(ways))('names each file that is spoilt: %s', async (way) => {
    let spoilt = 0;
    for (const path of filesOf(tree)) {
      await onCopy(tree, async (copy) => {
        if (ways[way]?.(join(copy, path), copy, path) !== true) return;
        spoilt += 1;
        const { findings } = await audit(copy);
        expect(findings.map((finding) => finding.path).join('\n'), path).toContain(nameIn(path));
      });
    }
    expect(spoilt).toBeGreaterThan(3);
  });

  /** What a finding has to say: without catalog, shards and key nothing of the generation can be judged. */
  function nameIn(path: string): string {
    const [, attester] = /\/keys\/([0-9A-F]{40})\.asc$/.exec(path) ?? [];
    // The signature that it is for has the same name.
    if (attester !== undefined && attester !== signer.fingerprint) return `${attester}.asc`;
    const document = path.replace(/^generations\/\d+\//, 'live/');
    return /^live\/(cooper|keys)\//.test(document) ? 'live' : document;
  }

  it.each([
    ['a file beside the tree', 'surplus', (copy: string) => writeFileSync(join(copy, 'surplus'), '')],
    [
      'a file beside the builds',
      'images/debian/surplus',
      (copy: string) => writeFileSync(join(copy, 'images/debian/surplus'), ''),
    ],
    [
      'a link among them',
      'images/debian/link',
      (copy: string) => symlinkSync('/etc/passwd', join(copy, 'images/debian/link')),
    ],
    ['a file in the generation', 'live/surplus', (copy: string) => writeFileSync(join(copy, 'live/surplus'), '')],
    [
      'a folder of builds that leads away',
      'images',
      (copy: string) => {
        renameSync(join(copy, 'images/debian'), join(copy, '../debian'));
        symlinkSync('../../debian', join(copy, 'images/debian'));
      },
    ],
  ])('names %s', async (_what, path, change) => {
    await onCopy(tree, async (copy) => {
      change(copy);
      expect((await audit(copy)).findings.map((finding) => finding.path).join('\n')).toContain(path);
    });
  });

  it('reads an archive that is large once, for its digest and for a signature over any hash', async () => {
    const parent = mkdtempSync(join(folder, 'large-'));
    const { directory } = await madeBuild(parent, signer, large, '20260201_12:02');
    writeFileSync(join(directory, 'rootfs.tar.xz'), Buffer.alloc(3 * 2 ** 20 + 1, 'large'));
    const unsigned = /^(rootfs\.tar\.xz|meta\.tar\.xz|packages\.json|gate\.json)$/;
    for (const name of readdirSync(directory)) if (!unsigned.test(name)) rmSync(join(directory, name));
    writeManifest(directory, large, '20260201_12:02', { size: 10_240, sha256: '0'.repeat(64), entries: 3 });
    await signBuild(directory, signer);
    const own = join(parent, 'tree');
    await publish(own, [{ directory }], signer, now);
    const archive = join(own, 'images/debian/bookworm/amd64/large/20260201_12:02/rootfs.tar.xz');
    const [key, binary] = [await readPublisherKey(), readFileSync(archive)];
    const message = await createMessage({ binary });
    const signingKeyIDs = key.subkeys.map((subkey) => subkey.getKeyID());
    const sha512 = await sign({ message, signingKeys: key, signingKeyIDs, date: now, detached: true });
    for (const signature of [readFileSync(`${archive}.asc`, 'utf8'), sha512]) {
      writeFileSync(`${archive}.asc`, signature);
      writeFileSync(archive, binary);
      expect((await audit(own)).findings).toEqual([]);
      const spoilt = Buffer.from(binary);
      spoilt[2 ** 20] = (spoilt[2 ** 20] ?? 0) ^ 1;
      writeFileSync(archive, spoilt);
      expect((await audit(own)).findings).toMatchObject([
        { path: expect.stringMatching(/rootfs\.tar\.xz$/), problem: 'differs from image.json' },
        {
          path: expect.stringMatching(/rootfs\.tar\.xz\.asc$/),
          problem: expect.stringContaining('does not fit the data'),
        },
      ]);
    }
  });

  function readPublisherKey() {
    return readPrivateKey({ armoredKey: readFileSync(join(folder, 'keys/publisher.key'), 'utf8') });
  }

  it('says when a tree is another publisher’s, has expired, or is no tree at all', async () => {
    const other = 'A'.repeat(40) as typeof signer.fingerprint;
    const findings = async (request: object) => (await auditTree(tree, { now, signal, ...request })).findings;
    expect(await findings({ publisher: other })).toMatchObject([{ path: 'live/cooper/v1/catalog' }]);
    expect(await findings({ publisher: signer.fingerprint })).toEqual([]);
    const later = new Date(now.getTime() + 15 * 24 * 3600_000);
    expect(await findings({ now: later })).toMatchObject([{ problem: expect.stringContaining('expired on') }]);
    await expect(audit(folder)).rejects.toMatchObject({ code: 'not-published' });
  });
});

describeAsRoot('a client of a tree with one spoilt file', () => {
  let publisher: Publisher;
  let small: string;
  let newest: string;
  beforeAll(async () => {
    const minutesAgo = (minutes: number) => new Date(now.getTime() - minutes * 60_000);
    publisher = await makePublisher(new Date(now.getTime() - 24 * 3600_000));
    const of = (date: Date, variant: string) =>
      makeBuild(publisher, date, { variant, lxc: { 'create-message': `${variant} of ${date.toISOString()}\n` } });
    small = await publishBuilds(publisher, [await of(minutesAgo(20), 'default')], minutesAgo(20));
    const builds = [await of(minutesAgo(10), 'default'), await of(minutesAgo(10), 'large')];
    await publish(small, builds, await openSigner(publisher.keys, now), now);
    const [first] = builds;
    if (first?.manifest === undefined) throw new Error('nothing was built');
    newest = buildFolder(smallImage, first.manifest.build);
  });
  afterAll(() => publisher.remove());

  async function create(from: string) {
    const server = await serveTree(from);
    const home = mkdtempSync(join(publisher.folder, 'home-'));
    const defaultConf = 'lxc.idmap = u 0 2000000 65536\nlxc.idmap = g 0 2000000 65536\n';
    const request = createRequest({ publisher, url: server.url, home, defaultConf, name: 'c1', now });
    try {
      return { home, made: await createContainer(request) };
    } catch (error) {
      if (!(error instanceof CooperError)) throw error;
      return { home, error };
    } finally {
      request.transport.close();
      await server.close(0);
    }
  }

  /** What it asks the server for; the rest is for others. */
  const read = /\/(keys\/.*|catalog|shards\/.*|image\.json|rootfs\.tar\.xz|meta\.tar\.xz)$/;

  it.each(Object.keys(ways))('refuses what it reads, says what, and leaves nothing: %s', async (way) => {
    let spoilt = 0;
    for (const path of filesOf(small, newest).filter((file) => read.test(file))) {
      await onCopy(small, async (copy) => {
        if (ways[way]?.(join(copy, path), copy, path) !== true) return;
        spoilt += 1;
        const { home, error } = await create(copy);
        if (error === undefined) return expect.fail(`${path} was taken`);
        // A catalog of before leads to shards that are not there any more.
        const said = { keys: /key|certificate/, catalog: /catalog|shards/ };
        const name = path.includes('/keys/') ? said.keys : path.endsWith('catalog') ? said.catalog : basename(path);
        expect(`${error.message} ${error.lines.join(' ')}`, path).toMatch(name);
        expect(readdirSync(join(home, 'containers')), path).toEqual([]);
      });
    }
    expect(spoilt).toBeGreaterThan(0);
  });

  it('needs nothing else', async () => {
    await onCopy(small, async (copy) => {
      const others = filesOf(small, newest).filter((file) => !read.test(file));
      expect(others.length).toBeGreaterThan(10);
      for (const path of others) rmSync(join(copy, path));
      expect((await create(copy)).error).toBeUndefined();
    });
  });
});
