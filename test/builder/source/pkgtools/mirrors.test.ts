// What a mirror of Slackware has for the images of a run, from a server on loopback. gpg signs Slackware's list.

import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
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
