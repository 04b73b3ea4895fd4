import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CatalogCase, judgeCatalog } from '../../../client/verify/attacks.ts';
import { catalogSchema } from '../../../image/catalog.ts';
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

  it('refuses the catalog of another publisher signed by this key', () => {
    expect(code({ signedBy: 'B'.repeat(40) })).toBe('key-mismatch');
  });

  it('refuses a certificate that the catalog does not name', () => {
    expect(code({ certificate: sha256Of('another') })).toBe('digest-mismatch');
  });
});
