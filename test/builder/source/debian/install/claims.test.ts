import { describe, expect, test } from 'vitest';
import {
  Claims,
  type KnownPaths,
  LeftToDpkg,
  parseOverrides,
} from '../../../../../builder/source/debian/install/claims.ts';

const nothing: KnownPaths = { owned: new Map(), overridden: new Set(), diversions: new Map() };
const noFolder = () => false;

function thrown(work: () => void): LeftToDpkg {
  try {
    work();
  } catch (error) {
    if (error instanceof LeftToDpkg) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('claims', () => {
  test('two packages may have one folder', () => {
    const claims = new Claims(nothing);
    claims.take('/usr/share', 'one', true, noFolder);
    expect(() => claims.take('/usr/share', 'two', true, noFolder)).not.toThrow();
  });

  test('a file that another package of the run has leaves both to dpkg', () => {
    const claims = new Claims(nothing);
    claims.take('/usr/bin/x', 'one', false, noFolder);
    expect(thrown(() => claims.take('/usr/bin/x', 'two', false, noFolder)).others).toEqual(['one']);
  });

  test('a file of an installed package is left to dpkg, a folder of one is not', () => {
    const claims = new Claims({ ...nothing, owned: new Map([['/lib/x', 'base']]) });
    expect(thrown(() => claims.take('/lib/x', 'new', false, noFolder)).message).toBe('base has /lib/x too');
    expect(() => claims.take('/lib/x', 'new', false, () => true)).not.toThrow();
  });

  test('a diverted file goes elsewhere and is in nobody’s way; the diverting package keeps the name', () => {
    const diversions = new Map([['/bin/x', { to: '/bin/x.distrib', by: 'diverter' }]]);
    const claims = new Claims({ ...nothing, diversions });
    expect([claims.placeOf('/bin/x', 'other'), claims.placeOf('/bin/x', 'diverter')]).toEqual([
      '/bin/x.distrib',
      '/bin/x',
    ]);
    claims.take('/bin/x', 'other', false, noFolder);
    expect(() => claims.take('/bin/x', 'diverter', false, noFolder)).not.toThrow();
  });

  test('a path with an override is left to dpkg, folders too', () => {
    const claims = new Claims({ ...nothing, overridden: parseOverrides('root mail 2755 /usr/bin/lock file\n') });
    expect(() => claims.take('/usr/bin/lock file', 'one', true, noFolder)).toThrow(LeftToDpkg);
  });
});
