// What files with logins hold for a repository. The values are those that containers-auth.json(5) and Docker describe.

import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { parseAuthFile, storedIn } from '../../../../../builder/source/oci/login/auth-file.ts';

const encoded = (login: string) => Buffer.from(login).toString('base64');
const entry = (login: string) => ({ auth: encoded(login) });
const parse = (value: unknown) => parseAuthFile(typeof value === 'string' ? value : JSON.stringify(value), '/auth');

/** The login or the helper, for people who test. */
function found(value: unknown, registry: string, repository: string): string | undefined {
  const stored = storedIn(parse(value), registry, repository);
  if (stored === undefined) return undefined;
  if ('helper' in stored) return `${stored.helper} for ${stored.server}`;
  return Buffer.from(stored.login.authorization().replace('Basic ', ''), 'base64').toString();
}

describe('a login', () => {
  const auths = {
    'r.example/a/b/image': entry('image:1'),
    'r.example/a': entry('folder:2'),
    'r.example': entry('all:3:with:colons'),
    'r.example:5000': entry('port:4'),
    'https://old.example/v1/': entry('old:5'),
    'docker.io': entry('hub:6'),
    empty: {},
    constructor: {},
  };

  test.each([
    ['r.example', 'a/b/image', 'image:1'],
    ['r.example', 'a/b/other', 'folder:2'],
    ['r.example', 'a/b', 'folder:2'],
    ['r.example', 'ab', 'all:3:with:colons'],
    ['r.example:5000', 'a/b/image', 'port:4'],
    ['old.example', 'x', 'old:5'],
    ['registry-1.docker.io', 'library/debian', 'hub:6'],
    ['example', 'r/a', undefined],
    ['evil-r.example', 'a', undefined],
    ['empty', 'x', undefined],
    ['toString', 'x', undefined],
  ])('at %s for %s is %s', (registry, repository, login) => {
    expect(found({ auths }, registry, repository)).toBe(login);
  });

  test('to Docker Hub may be kept as docker keeps it', () => {
    const hub = { auths: { 'https://index.docker.io/v1/': entry('hub:1'), 'docker.io/mine': entry('mine:2') } };
    expect(found(hub, 'registry-1.docker.io', 'library/debian')).toBe('hub:1');
    expect(found(hub, 'registry-1.docker.io', 'mine/x')).toBe('mine:2');
  });

  test('of a helper for the registry comes first, of one for all last', () => {
    const file = {
      auths: { 'r.example': entry('a:1') },
      credHelpers: { 'r.example': 'pass' },
      credsStore: 'secretservice',
    };
    expect(found(file, 'r.example', 'x')).toBe('pass for r.example');
    expect(found({ ...file, credHelpers: {} }, 'r.example', 'x')).toBe('a:1');
    expect(found(file, 'other.example:1', 'x')).toBe('secretservice for other.example:1');
    expect(found(file, 'registry-1.docker.io', 'x')).toBe('secretservice for https://index.docker.io/v1/');
    expect(found({ credsStore: '' }, 'r.example', 'x')).toBeUndefined();
  });

  test.each([
    ['no logins', { auths: null, credHelpers: null, credsStore: null }],
    ['no entry', { auths: { r: null } }],
    ['no auth', { auths: { r: { auth: null, identitytoken: null } } }],
    ['no helper', { credHelpers: { r: null } }],
    ['an empty helper', { credHelpers: { r: '' } }],
  ])('is not there where the file says that there is %s', (_, file) => {
    expect(found(file, 'r', 'x')).toBeUndefined();
    expect(found({ credsStore: 'pass', ...file }, 'r', 'x')).toBe('credsStore' in file ? undefined : 'pass for r');
  });

  test('is shown by nothing that prints it', () => {
    const stored = storedIn(parse({ auths: { r: entry('name:secret') } }), 'r', 'x');
    const shown = [inspect(stored, { depth: 9, showHidden: true }), JSON.stringify(stored), String(stored)].join();
    expect(shown).toContain('/auth (r)');
    expect(shown).not.toContain('secret');
    expect(shown).not.toContain(encoded('name:secret'));
  });
});

describe('a file is refused, and what it holds is not told,', () => {
  const secret = 'c2VjcmV0';
  test.each([
    ['that is not JSON', `{"auths": {"r": {"auth": "${secret}"`],
    ['that is empty', ''],
    ['that is something else', '[]'],
    ['with an auth that is no text', JSON.stringify({ auths: { r: { auth: [secret] } } })],
    ['with an entry that is no object', JSON.stringify({ auths: { r: secret } })],
    ['with logins that are no object', JSON.stringify({ auths: secret })],
    ['with helpers that are no object', JSON.stringify({ credHelpers: [secret] })],
    ['with an identity token that is no text', JSON.stringify({ auths: { r: { identitytoken: [secret] } } })],
    ['with an auth that is not base64', JSON.stringify({ auths: { r: { auth: `${secret}-_` } } })],
    ['with an auth that was cut off', JSON.stringify({ auths: { r: { auth: 'bmFtZTpzZWNyZX' } } })],
    ['with an auth without a colon', JSON.stringify({ auths: { r: { auth: secret } } })],
    ['with an identity token', JSON.stringify({ auths: { r: { auth: encoded('a:b'), identitytoken: secret } } })],
    ['with a helper that is a path', JSON.stringify({ credHelpers: { r: `../${secret}` } })],
    ['with a helper that is no text', JSON.stringify({ credHelpers: { r: [secret] } })],
    ['with a helper for all that is no text', JSON.stringify({ credsStore: { r: secret } })],
    ['with a helper that is an option', JSON.stringify({ credsStore: `-${secret}` })],
  ])('%s', (_, text) => {
    let thrown: unknown;
    try {
      found(text, 'r', 'x');
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toMatchObject({ code: 'registry-login', message: expect.stringContaining('/auth') as unknown });
    expect(inspect(thrown, { depth: 9 })).not.toContain(secret);
  });

  test.each<[string, { readonly auths?: object; readonly credHelpers?: object; readonly credsStore?: string }]>([
    ['entry', { auths: { r: { auth: '?' } } }],
    ['entry that is a text', { auths: { r: 'odd' } }],
    ['auth that is none', { auths: { r: { auth: 7 }, t: { auth: ['x'] } } }],
    ['identity token', { auths: { r: { identitytoken: {} } } }],
    ['helper', { credHelpers: { r: '../x', t: 7, '': {} } }],
    ['helper for all', { credsStore: '../x' }],
  ])('but not for an odd %s that is not used', (_, { auths = {}, ...file }) => {
    expect(found({ ...file, auths: { ...auths, s: entry('a:b') } }, 's', 'x')).toBe('a:b');
  });
});
