// What a client must not believe: each way to tamper with a published tree, old and expired catalogs, images that reach
// out of their root. Every time: the right code, the right exit status, and no container or part of one.

import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createContainer } from '../../client/index.ts';
import { CooperError } from '../../errors/index.ts';
import { openSigner } from '../../keys/sign.ts';
import { type HostileEntry, hostileRootfs } from '../client/hostile-archive.ts';
import {
  type BuildChange,
  makeBuild,
  makePublisher,
  type Publisher,
  publishBuilds,
  serveTree,
} from '../client/publication.ts';
import { createRequest, type RequestChoice } from '../client/request.ts';
import { describeAsRoot } from '../setup/as-root.ts';

const day = 24 * 3600 * 1000;
const now = new Date();
const before = (days: number) => new Date(now.getTime() - days * day);
let publisher: Publisher;
let stranger: Publisher;
let tree: string;

beforeAll(async () => {
  publisher = await makePublisher(before(40));
  stranger = await makePublisher(before(40));
  tree = await publishBuilds(publisher, [await makeBuild(publisher, now)], now);
});
afterAll(() => {
  publisher.remove();
  stranger.remove();
});

interface Attempt extends Partial<RequestChoice> {
  readonly tree: string;
  readonly keyid?: string | undefined;
  readonly signal?: AbortSignal;
  readonly containers?: string;
  readonly onStage?: (stage: string) => void;
  readonly onNotice?: (message: string) => void;
}

/** Serves a tree and tries to make a container from it in a new home, unless one is given. */
async function attempt(choice: Attempt): Promise<{ home: string; error: unknown }> {
  const home = choice.home ?? mkdtempSync(join(publisher.folder, 'home-'));
  const server = await serveTree(choice.tree);
  const defaultConf = choice.defaultConf ?? 'lxc.idmap = u 0 2000000 65536\nlxc.idmap = g 0 2000000 65536\n';
  const request = createRequest({ publisher, url: server.url, defaultConf, name: 'c1', now, ...choice, home });
  try {
    await createContainer({
      ...request,
      ...('keyid' in choice ? { trust: { keyid: choice.keyid } } : {}),
      ...(choice.signal === undefined ? {} : { signal: choice.signal }),
      ...(choice.containers === undefined ? {} : { path: choice.containers }),
      report: (event) => {
        if (event.type === 'stage-start') choice.onStage?.(event.stage);
        if (event.type === 'notice') choice.onNotice?.(event.message);
      },
    });
    return { home, error: undefined };
  } catch (error) {
    return { home, error };
  } finally {
    request.transport.close();
    await server.close(0);
  }
}

async function expectRefusal(choice: Attempt, code: string, exit = 3): Promise<void> {
  const { home, error } = await attempt(choice);
  expect(error).toMatchObject({ code, exit });
  const containers = choice.containers ?? join(home, 'containers');
  expect(existsSync(containers) ? readdirSync(containers) : []).toEqual([]);
}

/** A copy of the published tree that may be spoilt. */
function copyTree(): string {
  const copy = join(mkdtempSync(join(publisher.folder, 'copy-')), 'tree');
  cpSync(tree, copy, { recursive: true, verbatimSymlinks: true });
  return copy;
}

const find = (folder: string, name: string) =>
  join(
    folder,
    execFileSync('find', ['-L', '.', '-name', name, '-print', '-quit'], { cwd: folder, encoding: 'utf8' }).trim(),
  );
const flip = (file: string) => {
  const bytes = readFileSync(file);
  const middle = bytes.length >> 1;
  bytes[middle] = (bytes[middle] ?? 0) ^ 1;
  writeFileSync(file, bytes);
};
const edit = (file: string, change: (text: string) => string) => {
  const text = readFileSync(file, 'utf8');
  expect(change(text)).not.toBe(text);
  writeFileSync(file, change(text));
};

describeAsRoot('a published tree that was tampered with is refused', () => {
  const live = (copy: string, ...path: string[]) => join(copy, 'live', ...path);
  const cases: readonly [string, string, (copy: string) => void | Promise<void>][] = [
    ['one bit of rootfs.tar.xz', 'download-mismatch', (copy) => flip(find(copy, 'rootfs.tar.xz'))],
    ['one bit of meta.tar.xz', 'download-mismatch', (copy) => flip(find(copy, 'meta.tar.xz'))],
    [
      'a rootfs.tar.xz with more behind it',
      'download-too-large',
      (copy) => {
        const file = find(copy, 'rootfs.tar.xz');
        writeFileSync(file, Buffer.concat([readFileSync(file), Buffer.alloc(4)]));
      },
    ],
    [
      'a rootfs.tar.xz cut short',
      'download-mismatch',
      (copy) => {
        const file = find(copy, 'rootfs.tar.xz');
        writeFileSync(file, readFileSync(file).subarray(0, -4));
      },
    ],
    [
      'image.json',
      'digest-mismatch',
      (copy) => edit(find(copy, 'image.json'), (text) => text.replace('Small', 'Smell')),
    ],
    [
      'the index of images',
      'digest-mismatch',
      (copy) => edit(find(live(copy, 'cooper/v1/shards'), '*.json'), (text) => text.replace('Small', 'Smell')),
    ],
    [
      'the catalog',
      'signature-invalid',
      (copy) => edit(live(copy, 'cooper/v1/catalog'), (text) => text.replace(': 1', ': 2')),
    ],
    [
      'the catalog without its signature',
      'signature-missing',
      (copy) =>
        edit(live(copy, 'cooper/v1/catalog'), (text) => text.slice(text.indexOf('{'), text.lastIndexOf('}') + 1)),
    ],
    [
      'the catalog signed again by a stranger',
      'signature-unknown-key',
      async (copy) => {
        const text = readFileSync(live(copy, 'cooper/v1/catalog'), 'utf8');
        const signer = await openSigner(stranger.keys, now);
        const signed = await signer.signClear(text.slice(text.indexOf('{'), text.lastIndexOf('}') + 1));
        writeFileSync(live(copy, 'cooper/v1/catalog'), signed);
      },
    ],
    [
      'the key replaced by a stranger’s',
      'key-mismatch',
      async (copy) => {
        const { certificate } = await openSigner(stranger.keys, now);
        writeFileSync(live(copy, 'keys', `${publisher.fingerprint}.asc`), certificate);
      },
    ],
    [
      'the key with another beside it',
      'digest-mismatch',
      async (copy) => {
        const { certificate } = await openSigner(stranger.keys, now);
        const file = live(copy, 'keys', `${publisher.fingerprint}.asc`);
        writeFileSync(file, readFileSync(file, 'utf8') + certificate);
      },
    ],
    [
      'the key replaced by something that is none',
      'key-mismatch',
      (copy) => writeFileSync(live(copy, 'keys', `${publisher.fingerprint}.asc`), 'hello\n'),
    ],
  ];

  it.each(cases)('%s → %s', async (_what, code, tamper) => {
    const copy = copyTree();
    await tamper(copy);
    await expectRefusal({ tree: copy }, code);
  });

  it('while the tree itself is fine', async () => {
    expect((await attempt({ tree })).error).toBeUndefined();
  });
});

describeAsRoot('whose images and since when', () => {
  it('a client without --keyid is told how to get one', async () => {
    const { error } = await attempt({ tree, keyid: undefined });
    expect(error).toMatchObject({ code: 'key-missing', exit: 3, next: expect.stringContaining('cooper keys show') });
  });

  it('another publisher’s key is refused', async () => {
    await expectRefusal({ tree, keyid: stranger.fingerprint }, 'key-mismatch');
  });

  it('the last 16 digits find the key and give a notice', async () => {
    expect((await attempt({ tree, keyid: publisher.fingerprint.slice(-16) })).error).toBeUndefined();
  });

  it('a catalog that nobody renewed for too long is refused', async () => {
    const old = await publishBuilds(publisher, [await makeBuild(publisher, before(30))], before(30));
    await expectRefusal({ tree: old }, 'catalog-expired');
  });

  it('a clock that is a day behind is named as the reason, one that is a day ahead does no harm', async () => {
    const behind = await attempt({ tree, now: before(1) });
    const next = expect.stringContaining('clock');
    expect(behind.error).toMatchObject({ code: 'signature-from-future', exit: 3, next });
    expect(readdirSync(join(behind.home, 'containers'))).toEqual([]);
    expect((await attempt({ tree, now: before(-1) })).error).toBeUndefined();
  });

  it('a catalog older than the one seen last is refused', async () => {
    const older = await publishBuilds(publisher, [await makeBuild(publisher, before(1))], before(1));
    const { home, error } = await attempt({ tree });
    expect(error).toBeUndefined();
    const again = await attempt({ tree: older, home, name: 'c2' });
    expect(again.error).toMatchObject({ code: 'rollback-refused', exit: 3 });
    expect(readdirSync(join(home, 'containers'))).toEqual(['c1']);
    // Nothing was unlearned by the refusal.
    expect((await attempt({ tree, home, name: 'c2' })).error).toBeUndefined();
  });

  it('a second catalog under the same serial is refused', async () => {
    const other = await publishBuilds(publisher, [await makeBuild(publisher, before(2))], now);
    const { home } = await attempt({ tree });
    expect((await attempt({ tree: other, home, name: 'c2' })).error).toMatchObject({ code: 'rollback-refused' });
  });

  it('an unknown image is refused with names that are near', async () => {
    const server = await serveTree(tree);
    const home = mkdtempSync(join(publisher.folder, 'home-'));
    const request = createRequest({ publisher, url: server.url, home, defaultConf: '', name: 'c1', now });
    const error = await createContainer({ ...request, image: 'small/onne' }).catch((caught: unknown) => caught);
    await server.close(0);
    expect(error).toMatchObject({ code: 'image-not-found' });
    expect((error as CooperError).lines.join('\n')).toContain('small/one/');
    expect(readdirSync(join(home, 'containers'))).toEqual([]);
  });
});

describeAsRoot('an image that its publisher signed is still refused', () => {
  const outside = { name: './etc/outward', type: 'symlink', linkname: '../..' } as const;
  const hostile: readonly [string, string, readonly HostileEntry[]][] = [
    ['with ..', 'archive-escapes-root', [{ name: './etc/../../evil', content: 'x' }]],
    ['through a symbolic link', 'archive-escapes-root', [outside, { name: './etc/outward/evil', content: 'x' }]],
    [
      'by a hard link to something outside',
      'archive-escapes-root',
      [{ name: './etc/evil', type: 'link', linkname: '../../config' }],
    ],
  ];

  async function treeWith(change: BuildChange): Promise<string> {
    return publishBuilds(publisher, [await makeBuild(publisher, now, change)], now);
  }

  it.each(hostile)('when it leaves its root %s', async (_how, code, entries) => {
    const spoilt = await treeWith({ rootfs: await hostileRootfs(entries) });
    await expectRefusal({ tree: spoilt }, code);
    await expectRefusal({ tree: spoilt, defaultConf: '' }, code);
  });

  it('when the archive holds other bytes than image.json says', async () => {
    const rootfs = await hostileRootfs([]);
    await expectRefusal({ tree: await treeWith({ rootfs: { ...rootfs, sha256: '0'.repeat(64) } }) }, 'digest-mismatch');
    await expectRefusal(
      { tree: await treeWith({ rootfs: { ...rootfs, size: rootfs.size + 512 } }) },
      'digest-mismatch',
    );
    await expectRefusal({ tree: await treeWith({ rootfs: { ...rootfs, size: 1024 } }) }, 'archive-too-large');
  });

  it('when a template lies outside of the root', async () => {
    await expectRefusal({ tree: await treeWith({ lxc: { templates: '/etc/outward\n' } }) }, 'template-outside-root');
  });

  it('when meta.tar.xz has no config', async () => {
    const lxc = { config: undefined, 'config-user': undefined };
    await expectRefusal({ tree: await treeWith({ lxc }) }, 'metadata-invalid');
  });
});

describeAsRoot('an interrupted run', () => {
  it.each(['catalog', 'manifest', 'fetch', 'unpack', 'configure'])(
    'leaves nothing when stopped in %s',
    async (stage) => {
      const stop = new AbortController();
      const reason = new CooperError('interrupted', { what: 'interrupted' });
      const onStage = (started: string) => started === stage && stop.abort(reason);
      const { home, error } = await attempt({ tree, signal: stop.signal, onStage });
      expect(error).toBe(reason);
      expect(readdirSync(join(home, 'containers'))).toEqual([]);
      expect((await attempt({ tree, home })).error).toBeUndefined();
    },
  );

  it('of a full file system leaves nothing', async () => {
    const containers = mkdtempSync(join(publisher.folder, 'full-'));
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', containers]);
    try {
      await expectRefusal({ tree, containers }, 'no-space', 1);
    } finally {
      execFileSync('umount', [containers]);
    }
  });

  it('that cannot remove what it made still says what was wrong, and the next one removes it', async () => {
    const rootfs = await hostileRootfs([{ name: './etc/../../evil', content: 'x' }]);
    const spoilt = await publishBuilds(publisher, [await makeBuild(publisher, now, { rootfs })], now);
    const home = mkdtempSync(join(publisher.folder, 'home-'));
    const containers = join(home, 'containers');
    const notices: string[] = [];
    const onNotice = (message: string) => notices.push(message);
    let busy = '';
    const onStage = (stage: string) => {
      if (stage !== 'unpack') return;
      busy = join(containers, readdirSync(containers)[0] ?? '', 'busy');
      mkdirSync(busy);
      execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', busy]);
    };
    try {
      const failed = await attempt({ tree: spoilt, home, onStage, onNotice });
      expect(failed.error).toMatchObject({ code: 'archive-escapes-root', exit: 3 });
      expect(notices).toContainEqual(expect.stringMatching(/could not be removed: EBUSY/));
      notices.length = 0;
      const second = await attempt({ tree: spoilt, home, onNotice });
      expect(second.error).toMatchObject({ code: 'archive-escapes-root' });
      expect(notices).toContainEqual(expect.stringMatching(/could not be removed: EBUSY/));
    } finally {
      execFileSync('umount', [busy]);
    }
    await attempt({ tree: spoilt, home });
    expect(readdirSync(containers)).toEqual([]);
  });

  it('that cannot write to the folder of containers says so', async () => {
    const home = mkdtempSync(join(publisher.folder, 'home-'));
    mkdirSync(join(home, 'lxc'));
    writeFileSync(join(home, 'file'), '');
    const { error } = await attempt({ tree, home, containers: join(home, 'file/containers') });
    expect(error).toMatchObject({ code: 'containers-unwritable', exit: 1 });
  });
});
