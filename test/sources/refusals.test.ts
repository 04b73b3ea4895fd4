// What every kind of source refuses, by one table: what is not signed, by somebody else, no more, or not what was signed. Nothing of
// it stays, and once it is mended the same folder gives what was meant.

import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PrivateKey } from 'openpgp';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { planLayers } from '../../builder/plan/layers.ts';
import { openSource } from '../../builder/source/kinds.ts';
import { CooperError } from '../../errors/index.ts';
import { createStages } from '../../events/index.ts';
import { createTransport, type Transport } from '../../fetch/index.ts';
import type { ResolvedImage, Source } from '../../variants/resolved.ts';
import { type Files, serveArchive } from '../builder/source/debian/signed-archive.ts';
import type { Loopback } from '../fetch/loopback.ts';
import { madeKey } from '../keys/made-keys.ts';
import { imageFrom } from './image-from.ts';
import type { Publication } from './publication.ts';
import { publishedKinds } from './published-kinds.ts';

const day = 24 * 3600 * 1000;
const made = new Date('2026-01-01T00:00:00Z');
const now = new Date(made.getTime() + day);

let key: PrivateKey;
let other: PrivateKey;
let brief: PrivateKey;
let transport: Transport;

beforeAll(async () => {
  [key, other, brief] = await Promise.all([madeKey(made), madeKey(made), madeKey(made, 3600)]);
});

beforeEach(() => {
  transport = createTransport({ attempts: 1 });
});

afterEach(() => transport.close());

const flipped = (bytes: Buffer): Buffer => {
  const copy = Buffer.from(bytes);
  const middle = copy.length >> 1;
  copy.writeUInt8(copy.readUInt8(middle) ^ 1, middle);
  return copy;
};

const html = Buffer.from('<!DOCTYPE html><html><body><a href="login">Please log in</a></body></html>\n');

/** What is wrong: undefined where a kind has nothing that could be wrong so. */
interface Fault {
  readonly name: string;
  /** Who signs, instead of the key of the definition. */
  readonly by?: () => PrivateKey;
  /** The definition trusts that key. */
  readonly trusted?: boolean;
  readonly spoil?: (files: Files, publication: Publication) => boolean;
  readonly codes: RegExp;
}

const replace =
  (part: 'payload' | 'document' | 'signature', change: (bytes: Buffer) => Buffer | undefined) =>
  (files: Files, publication: Publication): boolean => {
    const path = publication[part];
    const bytes = path === undefined ? undefined : files.get(path);
    if (path === undefined || bytes === undefined) return false;
    const changed = change(bytes);
    if (changed === undefined) files.delete(path);
    else files.set(path, changed);
    return true;
  };

const mismatch = /^(?:digest-mismatch|download-mismatch|package-mismatch|signature-invalid)$/;
const faults: readonly Fault[] = [
  { name: 'signed by somebody else', by: () => other, codes: /^signature-unknown-key$/ },
  { name: 'signed by a key that has expired since', by: () => brief, trusted: true, codes: /^signature-expired$/ },
  { name: 'what images are made of is tampered with', spoil: replace('payload', flipped), codes: mismatch },
  { name: 'what images are made of is a page to log in', spoil: replace('payload', () => html), codes: mismatch },
  {
    name: 'half of it is not there yet',
    spoil: replace('payload', () => undefined),
    codes: /^(?:not-found-on-server|package-missing)$/,
  },
  {
    name: 'the document is tampered with',
    spoil: replace('document', (bytes) =>
      Buffer.from(
        bytes.toString('latin1').replace(/[0-9a-f]{32,64}/, (sum) => '0'.repeat(sum.length)),
        'latin1',
      ),
    ),
    codes: /^(?:signature-invalid|digest-mismatch)$/,
  },
  {
    name: 'the document is a page to log in',
    spoil: replace('document', () => html),
    codes: /^signature-(?:missing|invalid)$/,
  },
  {
    name: 'the signature is a page to log in',
    spoil: replace('signature', () => html),
    codes: /^signature-(?:missing|invalid)$/,
  },
  { name: 'the signature is gone', spoil: replace('signature', () => undefined), codes: /^not-found-on-server$/ },
];

describe.each(publishedKinds)('$name', ({ publish }) => {
  let folder: string;
  let server: Loopback;
  let files: Files;

  const publishBy = async (by: PrivateKey): Promise<Publication> => {
    const publication = await publish({ folder: mkdtempSync(join(folder, 'made-')), key: by, made });
    for (const path of [...files.keys()]) files.delete(path);
    for (const [path, bytes] of publication.files) files.set(path, bytes);
    return publication;
  };

  const take = async (source: Source, { layer }: Publication): Promise<number> => {
    const image: ResolvedImage = imageFrom(source, layer);
    const { signal } = new AbortController();
    const opened = await openSource(image, {
      cacheDir: join(folder, 'cache'),
      mirrors: {},
      transport,
      signal,
      now,
      idMap: { uid: [], gid: [] },
      holdContainer: () => Promise.reject(new TypeError('no containers here')),
      findTools: () => Promise.reject(new TypeError('no tools here')),
      findLogin: async () => undefined,
    });
    const [choice] = await opened.choose(
      [image],
      createStages(() => undefined, signal),
    );
    const fetched = await opened.fetch(planLayers(choice?.chain ?? []), () => undefined);
    return fetched.size;
  };

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'cooper-refusals-'));
    files = new Map();
    server = await serveArchive(files);
  });

  afterAll(async () => {
    await server.close();
    rmSync(folder, { recursive: true });
  });

  test.each(faults)('$name', async ({ by, trusted, spoil, codes }) => {
    const publication = await publishBy(by?.() ?? key);
    const source = publication.source(server.url, trusted === true ? (by?.() ?? key) : key);
    const signed = publication.document !== undefined || publication.signature !== undefined;
    const spoilt = spoil?.(files, publication) ?? signed;
    if (spoilt) {
      const thrown = await take(source, publication).catch((error: unknown) => error);
      expect(thrown).toBeInstanceOf(CooperError);
      expect((thrown as CooperError).code).toMatch(codes);
      mkdirSync(join(folder, 'cache'), { recursive: true });
      const left = readdirSync(join(folder, 'cache'), { recursive: true, encoding: 'utf8' });
      expect(left.filter((name) => name.endsWith('.part'))).toEqual([]);
    }
    const mended = await publishBy(key);
    expect(await take(mended.source(server.url, key), mended)).toBeGreaterThan(0);
    rmSync(join(folder, 'cache'), { recursive: true });
  });
});
