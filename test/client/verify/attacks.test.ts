import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type CatalogCase,
  judgeCatalog,
  judgeKeptCatalog,
  longestCatalogLife,
  refuseWrongImage,
  refuseWrongShard,
} from '../../../client/verify/attacks.ts';
import { CooperError } from '../../../errors/index.ts';
import { catalogSchema, shardSchema } from '../../../image/catalog.ts';
import type { Manifest } from '../../../image/manifest.ts';
import { sha256Of } from '../../../keys/digest.ts';

const publisher = 'A'.repeat(40);
const certificate = sha256Of('certificate');
const catalog = catalogSchema.parse({
  schemaVersion: 1,
  kind: 'cooper.catalog',
  publisher,
  serial: 7,
  issued: '2025-01-01T00:00:00Z',
  expires: '2025-01-31T00:00:00Z',
  certificate: { sha256: certificate },
  shards: {},
});
const good: CatalogCase = {
  catalog,
  sha256: sha256Of('catalog 7'),
  signedBy: publisher,
  certificate,
  seen: undefined,
  now: new Date('2025-01-10T00:00:00Z'),
};
const code = (change: Partial<CatalogCase>) => {
  try {
    judgeCatalog({ ...good, ...change });
    return 'believed';
  } catch (error) {
    return (error as { code: string }).code;
  }
};

describe('judgeCatalog', () => {
  it('believes a publisher that was never seen', () => {
    expect(code({})).toBe('believed');
  });

  it('believes the same catalog again and a later one', () => {
    expect(code({ seen: { serial: 7, sha256: good.sha256 } })).toBe('believed');
    expect(code({ seen: { serial: 6, sha256: sha256Of('catalog 6') } })).toBe('believed');
  });

  it('refuses a serial below any that was seen', () => {
    fc.assert(
      fc.property(fc.integer({ min: 8, max: Number.MAX_SAFE_INTEGER }), (serial) => {
        expect(code({ seen: { serial, sha256: good.sha256 } })).toBe('rollback-refused');
      }),
    );
  });

  it('refuses a second catalog under one serial', () => {
    expect(code({ seen: { serial: 7, sha256: sha256Of('another catalog 7') } })).toBe('rollback-refused');
  });

  it('refuses from the very moment of expiry on', () => {
    expect(code({ now: new Date('2025-01-30T23:59:59.999Z') })).toBe('believed');
    expect(code({ now: new Date('2025-01-31T00:00:00Z') })).toBe('catalog-expired');
  });

  it('refuses one that is to hold for longer than any is believed', () => {
    const forever = { ...catalog, expires: '2125-01-01T00:00:00Z' };
    const end = Date.parse(catalog.issued) + longestCatalogLife;
    expect(code({ catalog: forever, now: new Date(end - 1) })).toBe('believed');
    expect(code({ catalog: forever, now: new Date(end) })).toBe('catalog-expired');
  });

  it('refuses one of the future, but not for a clock that is a little behind', () => {
    const issued = Date.parse(catalog.issued);
    expect(code({ now: new Date(issued - 5 * 60_000) })).toBe('believed');
    expect(code({ now: new Date(issued - 5 * 60_000 - 1) })).toBe('signature-from-future');
    expect(code({ now: new Date(issued - 24 * 3600_000) })).toBe('signature-from-future');
  });

  it('refuses the catalog of another publisher signed by this key', () => {
    expect(code({ signedBy: 'B'.repeat(40) })).toBe('key-mismatch');
  });

  it('refuses a certificate that the catalog does not name', () => {
    expect(code({ certificate: sha256Of('another') })).toBe('digest-mismatch');
  });
});

describe('what the catalog leads to', () => {
  const refusal = (judge: () => void) => {
    try {
      judge();
      return 'believed';
    } catch (error) {
      return (error as { code: string }).code;
    }
  };
  const shardWith = (path: string) =>
    shardSchema.parse({
      schemaVersion: 1,
      kind: 'cooper.shard',
      distribution: 'debian',
      images: [
        {
          release: 'bookworm',
          architecture: 'amd64',
          variant: 'mini',
          title: 'Debian',
          builds: [{ build: '20250101_00:00', path, manifest: { size: 1, sha256: sha256Of('image.json') } }],
        },
      ],
    });

  it('refuses the shard of another distribution', () => {
    const shard = shardWith('images/a/');
    expect(refusal(() => refuseWrongShard(shard, 'debian', 'shard'))).toBe('believed');
    expect(refusal(() => refuseWrongShard(shard, 'devuan', 'shard'))).toBe('signed-document-invalid');
  });

  it.each(['../elsewhere/', '/etc/', 'images//a/'])('refuses a shard with the path %s', (path) => {
    expect(refusal(() => refuseWrongShard(shardWith(path), 'debian', 'shard'))).toBe('signed-document-invalid');
  });

  it('refuses the description of another image, and of another build of the same', () => {
    const wanted = {
      distribution: 'debian',
      release: 'bookworm',
      architecture: 'amd64',
      variant: 'mini',
      build: '20250101_00:00',
    };
    const judged = (change: object) =>
      refusal(() => refuseWrongImage({ ...wanted, ...change } as unknown as Manifest, wanted, 'image.json'));
    expect(judged({})).toBe('believed');
    for (const other of [{ variant: 'full' }, { architecture: 'arm64' }, { build: '20240101_00:00' }]) {
      expect(judged(other)).toBe('signed-document-invalid');
    }
  });
});

describe('judgeKeptCatalog', () => {
  const later = new Date('2025-06-01T00:00:00Z');
  const newer = { serial: 8, sha256: sha256Of('catalog 8') };

  it('refuses what a server would be refused, unless the user wants old ones', () => {
    for (const change of [{ now: later }, { seen: newer }]) {
      expect(() => judgeKeptCatalog({ ...good, ...change }, 'refuse')).toThrow();
    }
    expect(judgeKeptCatalog(good, 'refuse')).toEqual([]);
  });

  it('says of each old one that is taken how old it is', () => {
    expect(judgeKeptCatalog(good, 'take')).toEqual([]);
    expect(judgeKeptCatalog({ ...good, now: later }, 'take')).toEqual([expect.stringContaining('2025-01-31')]);
    expect(judgeKeptCatalog({ ...good, seen: newer }, 'take')).toEqual([expect.stringContaining('already seen 8')]);
  });

  it.each([
    ['an impostor', { signedBy: 'B'.repeat(40) }],
    ['another certificate', { certificate: sha256Of('another') }],
    ['a catalog from the future', { now: new Date('2024-01-01T00:00:00Z') }],
    ['another catalog under a serial that was seen', { seen: { serial: 7, sha256: sha256Of('another') } }],
  ])('never takes %s', (_what, change) => {
    expect(() => judgeKeptCatalog({ ...good, ...change }, 'take')).toThrow(CooperError);
  });
});
