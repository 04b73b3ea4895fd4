import { describe, expect, test } from 'vitest';
import { PrivateWays, readChallenge } from '../../../../builder/source/oci/challenge.ts';

describe('a challenge', () => {
  test.each([
    [
      'Bearer realm="https://auth.example/token",service="registry.example",scope="repository:library/name:pull"',
      {
        scheme: 'bearer',
        realm: 'https://auth.example/token',
        service: 'registry.example',
        scope: 'repository:library/name:pull',
      },
    ],
    ['bearer realm=https://auth.example/t', { scheme: 'bearer', realm: 'https://auth.example/t' }],
    [
      'Basic realm="x", Bearer realm="https://a.example/t" , service = "s"',
      { scheme: 'bearer', realm: 'https://a.example/t', service: 's' },
    ],
    ['Bearer realm="https://a.example/t", Basic realm="x"', { scheme: 'bearer', realm: 'https://a.example/t' }],
    [
      'Bearer scope="a,b \\"c\\"",realm="https://a.example/t"',
      { scheme: 'bearer', realm: 'https://a.example/t', scope: 'a,b "c"' },
    ],
    ['Basic realm="registry"', { scheme: 'basic' }],
    ['Bearer service="s", Basic realm="x"', { scheme: 'basic' }],
    ['Digest realm="basic", nonce="x"', undefined],
    ['Bearer service="s"', undefined],
    ['Bearer', undefined],
    ['', undefined],
    ['Bearer realm="https://a.example', undefined],
  ])('%s', (header, expected) => expect(readChallenge(header)).toEqual(expected));
});

const registry = new URL('https://registry.example/library/name');
const own = new URL('http://127.0.0.1:5000/library/name');
const ways = (of: URL) => new PrivateWays(of);
const asked = (of: URL, realm: string) => ways(of).tokenUrl({ scheme: 'bearer', realm });

describe('a token', () => {
  test('is asked for with the service and the scope', () => {
    const url = ways(registry).tokenUrl({
      scheme: 'bearer',
      realm: 'https://auth.example/t?a=1',
      service: 'r e',
      scope: 'repository:a:pull',
    });
    expect(url?.href).toBe('https://auth.example/t?a=1&service=r+e&scope=repository%3Aa%3Apull');
  });

  test.each([
    ['http://auth.example/t', registry],
    ['http://127.0.0.1:9/t', registry],
    ['http://auth.example/t', own],
    ['https://user:word@auth.example/t', registry],
    ['/t', registry],
    ['file:///etc/passwd', own],
    ['ftp://127.0.0.1/t', own],
  ])('is not asked for at %s by %s', (realm, by) => expect(asked(by, realm)).toBeUndefined());

  test.each(['http://127.0.0.1:9/t', 'http://localhost:9/t', 'http://[::1]:9/t', 'https://auth.example/t'])(
    'is asked for at %s by a registry on this machine',
    (realm) => expect(asked(own, realm)?.href).toBe(realm),
  );

  test('comes from elsewhere by a redirect only as it may come from there at all', () => {
    expect(ways(registry).mayGiveToken(new URL('https://other.example/t'))).toBe(true);
    expect(ways(registry).mayGiveToken(new URL('http://127.0.0.1/t'))).toBe(false);
    expect(ways(own).mayGiveToken(new URL('http://other.example/t'))).toBe(false);
  });

  test.each([
    ['https://registry.example/v2/x', registry, true],
    ['https://registry.example:8443/v2/x', registry, false],
    ['https://blobs.example/x', registry, false],
    ['http://registry.example/v2/x', registry, false],
    ['http://127.0.0.1:5000/v2/x', own, true],
    ['http://127.0.0.1:5001/v2/x', own, false],
    ['http://plain.example/v2/x', new URL('http://plain.example'), false],
  ])('goes to %s of %s, and so does a login: %s', (url, of, goes) =>
    expect(ways(of).carriesSecret(new URL(url))).toBe(goes),
  );
});
