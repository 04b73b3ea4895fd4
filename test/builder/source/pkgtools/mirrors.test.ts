// What Slackware's and Plamo's mirrors have for the images of a run, from a server on loopback. gpg signs Slackware's list.

import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Choice } from '../../../../builder/source/kind.ts';
import { openSource } from '../../../../builder/source/kinds.ts';
import { createStages } from '../../../../events/index.ts';
import { createTransport, type Transport } from '../../../../fetch/index.ts';
import { openImage } from '../../../../variants/index.ts';
import {
  addChecksums,
  release,
  SlackwareKey,
  slackwareDefinition,
  slackwareMirror,
} from '../../../e2e/slackware-mirror.ts';
import type { Loopback } from '../../../fetch/loopback.ts';
import { type Files, serveArchive } from '../debian/signed-archive.ts';
import { addListings, makePackage } from './made-packages.ts';

let folder: string;
let home: string;
let files: Files;
let mirror: Loopback;
let transport: Transport;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'cooper-pkgtools-mirrors-'));
  transport = createTransport({ attempts: 1 });
});
beforeEach(() => {
  home = mkdtempSync(join(folder, 'home-'));
});
afterAll(() => {
  transport.close();
  rmSync(folder, { recursive: true });
});

function define(name: string, texts: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(texts)) {
    const file = join(folder, 'definitions', name, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
}

/** What the source chooses for these images in one run. */
async function choose(names: readonly string[], main?: string): Promise<readonly Choice[]> {
  const images = await Promise.all(names.map((name) => openImage(name, { definitions: join(folder, 'definitions') })));
  const [first] = images;
  if (first === undefined) throw new TypeError('no image');
  const { signal } = new AbortController();
  const source = await openSource(first, {
    cacheDir: join(home, 'cache'),
    seenDir: join(home, 'seen'),
    transport,
    signal,
    now: new Date(),
    idMap: { uid: [], gid: [] },
    holdContainer: () => Promise.reject(new Error('there is no container')),
    findLogin: async () => undefined,
    findTools: () => Promise.reject(new Error('there are no tools')),
    mirrors: main === undefined ? {} : { main },
  });
  return source.choose(
    images,
    createStages(() => undefined, signal),
  );
}

const pathsOf = (choice: Choice | undefined) =>
  choice?.chain.flatMap(({ packages }) => packages.map(({ path }) => path));

describe('a signed list of Slackware', () => {
  let key: SlackwareKey;
  const list = `${release}/CHECKSUMS.md5`;
  const signedOn = (date: string) => addChecksums(files, folder, key, date);
  const chosen = (main?: string) => choose(['slackware/15.0/amd64/default'], main);

  beforeAll(async () => {
    files = slackwareMirror(join(folder, 'slackware'));
    key = new SlackwareKey(folder, 'ed25519', '20260101T000000');
    mirror = await serveArchive(files);
    define('slackware', slackwareDefinition(mirror.url, ['keyring: ./keys.asc']));
    define('slackware', { 'keys.asc': key.certificate() });
  });
  afterAll(async () => {
    key.end();
    await mirror.close();
  });

  test('that is clearly older than one seen is refused, from whatever mirror, and the newest stays remembered', async () => {
    signedOn('20260501T080000');
    await chosen();
    signedOn('20260301T080000');
    for (const main of [undefined, `${mirror.url.replace('127.0.0.1', 'localhost')}/${release}`]) {
      await expect(chosen(main)).rejects.toMatchObject({
        code: 'archive-rollback',
        exit: 3,
        message: expect.stringMatching(
          /^CHECKSUMS\.md5 of http:\S+ is of 2026-03-01T08:00:00.000Z, .* as of 2026-05-01/,
        ),
        next: expect.stringContaining(join(home, 'seen')) as string,
      });
    }
    signedOn('20260425T080000');
    expect(pathsOf((await chosen())[0])).toContain('slackware64/d/make-4.3-x86_64-3.txz');
    signedOn('20260420T080000');
    await expect(chosen()).rejects.toMatchObject({ code: 'archive-rollback' });
    const [memory = ''] = readdirSync(join(home, 'seen'));
    rmSync(join(home, 'seen', memory));
    await chosen();
  });

  test('that nobody has signed is not remembered, nor one that is no list', async () => {
    signedOn('20260501T080000');
    const whole = files.get(list) ?? Buffer.alloc(0);
    files.set(list, Buffer.concat([whole, Buffer.from('more\n')]));
    await expect(chosen()).rejects.toMatchObject({ code: 'signature-invalid' });
    files.set(list, Buffer.from('nothing\n'));
    files.set(`${list}.asc`, key.sign(Buffer.from('nothing\n'), '20260601T080000'));
    await expect(chosen()).rejects.toMatchObject({ code: 'package-list-malformed' });
    signedOn('20260501T080000');
    await chosen();
  });

  test('whose memory is damaged is refused', async () => {
    signedOn('20260501T080000');
    await chosen();
    const [memory = ''] = readdirSync(join(home, 'seen'));
    writeFileSync(join(home, 'seen', memory), '{');
    await expect(chosen()).rejects.toMatchObject({ code: 'trust-state-invalid' });
  });
});

describe('names of packages', () => {
  const variants = `variants:
  one: { categories: [00_base, 01_more] }
  two: { categories: [00_base, 02_other], packages: [tool] }
  bare: { categories: [00_base], packages: [tool] }
`;
  const definition = (kind: string, address: string) =>
    slackwareDefinition(address, [])
      ['definition.yaml']?.replace('kind: slackware', `kind: ${kind}`)
      .replace(/^name: slackware$/m, `name: ${kind}`)
      .replace(/^variants:\n.*\n/m, variants) ?? '';

  afterEach(() => mirror.close());

  test('are those of the categories of their own image, whatever else is built in the run', async () => {
    files = new Map();
    const made = join(folder, 'plamo');
    for (const path of ['00_base/base-1', '01_more/tool-2', '02_other/tool-1']) {
      const file = `${path}-x86_64-B1.txz`;
      files.set(`mirror/plamo/${file}`, makePackage(made, file.replace('/', '_'), { files: { 'etc/x': path } }));
    }
    addListings(files, 'mirror/plamo');
    mirror = await serveArchive(files);
    define('plamo', slackwareDefinition(mirror.url, []));
    define('plamo', {
      'definition.yaml': definition('plamo', mirror.url).replace('/slackware64-{release}', '/mirror'),
    });
    const name = (variant: string) => `plamo/15.0/amd64/${variant}`;
    const [one, two] = await choose([name('one'), name('two')]);
    expect(pathsOf(one)).toEqual(['plamo/00_base/base-1-x86_64-B1.txz', 'plamo/01_more/tool-2-x86_64-B1.txz']);
    expect(pathsOf(two)).toEqual(['plamo/00_base/base-1-x86_64-B1.txz', 'plamo/02_other/tool-1-x86_64-B1.txz']);
    const unknown = { code: 'package-unknown' };
    await expect(choose([name('bare')])).rejects.toMatchObject(unknown);
    await expect(choose([name('one'), name('bare')])).rejects.toMatchObject(unknown);
  });

  test('of any series of Slackware are found in those of their own image first, then in the order of the list', async () => {
    files = new Map();
    const made = join(folder, 'series');
    for (const path of ['00_base/base-1', '03_first/tool-3', '01_more/tool-2', '02_other/tool-1']) {
      const file = `${path}-x86_64-1.txz`;
      files.set(
        `${release}/slackware64/${file}`,
        makePackage(made, file.replace('/', '_'), { files: { 'etc/x': path } }),
      );
      const tags = path.startsWith('00') ? 'base:ADD\n' : 'tool:ADD\n';
      files.set(`${release}/slackware64/${path.split('/')[0]}/tagfile`, Buffer.from(tags));
    }
    const key = new SlackwareKey(made, 'ed25519');
    addChecksums(files, made, key);
    key.end();
    mirror = await serveArchive(files);
    define('slackware', slackwareDefinition(mirror.url, []));
    define('slackware', { 'definition.yaml': definition('slackware', mirror.url) });
    const name = (variant: string) => `slackware/15.0/amd64/${variant}`;
    const [, two, bare] = (await choose(['one', 'two', 'bare'].map(name))).map(pathsOf);
    const base = 'slackware64/00_base/base-1-x86_64-1.txz';
    expect(two).toEqual([base, 'slackware64/02_other/tool-1-x86_64-1.txz']);
    expect(bare).toEqual([base, 'slackware64/03_first/tool-3-x86_64-1.txz']);
    expect((await choose([name('bare')])).map(pathsOf)).toEqual([bare]);
  });
});
