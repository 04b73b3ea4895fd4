import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { addressOf, findUpstream, isListed, type Upstream } from '../../../builder/network/upstreams.ts';

const upstream = (name: string, url: string, base = url): Upstream => ({ name, url, base, inner: false });
const upstreams = [
  upstream('packages', 'https://pypi.example/simple/'),
  upstream('files', 'https://files.example:8443/a'),
  upstream('debian', 'http://deb.example/debian', 'http://mirror.example/pub/debian/'),
  upstream('all', 'http://open.example'),
];
const found = (target: string, method = 'GET') => {
  const result = findUpstream(method, target, upstreams);
  return 'status' in result ? result.status : `${result.upstream.name}: ${result.path} = ${addressOf(result).href}`;
};

describe('a request inside', () => {
  test.each([
    [
      'by http for an https upstream',
      'http://pypi.example/simple/pip/',
      'packages: pip/ = https://pypi.example/simple/pip/',
    ],
    ['for the upstream itself', 'http://pypi.example/simple', 'packages:  = https://pypi.example/simple/'],
    [
      'with the port of the upstream',
      'http://files.example:8443/a/b?c=d',
      'files: b?c=d = https://files.example:8443/a/b?c=d',
    ],
    [
      'for what a chosen mirror has',
      'http://deb.example/debian/dists/x',
      'debian: dists/x = http://mirror.example/pub/debian/dists/x',
    ],
    ['in other letters for the host', 'HTTP://PyPI.Example/simple/x', 'packages: x = https://pypi.example/simple/x'],
    ['with dots that stay below', 'http://pypi.example/simple/a/../b', 'packages: b = https://pypi.example/simple/b'],
    ['with escapes that are none of a path', 'http://open.example/a%20b', 'all: a%20b = http://open.example/a%20b'],
  ])('%s is for an upstream', (_, target, expected) => {
    expect(found(target)).toBe(expected);
  });

  test.each([
    ['for another host', 'http://other.example/simple/x', 403],
    ['for a host that only begins alike', 'http://pypi.example.evil.example/simple/x', 403],
    ['for another port', 'http://pypi.example:8080/simple/x', 403],
    ['for the port that https has outside', 'http://files.example/a/b', 403],
    ['for a folder that only begins alike', 'http://pypi.example/simpler', 403],
    ['that climbs out of the upstream', 'http://pypi.example/simple/../secret', 403],
    ['that climbs out in escapes', 'http://pypi.example/simple/%2e%2e/secret', 403],
    ['that climbs out by an escaped slash', 'http://pypi.example/simple/..%2fsecret', 400],
    ['that climbs out by escapes throughout', 'http://pypi.example/simple/x%2f%2E%2e%2Fsecret', 400],
    ['that climbs out by an escaped backslash', 'http://pypi.example/simple/x%5c..%5csecret', 400],
    ['with a password', 'http://user:word@pypi.example/simple/x', 400],
    ['with a user that looks like the host', 'http://pypi.example@other.example/simple/x', 400],
    ['that is no absolute address', '/simple/x', 400],
    ['that is https', 'https://pypi.example/simple/x', 400],
    ['that is a file', 'file:///etc/passwd', 400],
    ['that is nothing', '', 400],
    ['to a port that is none', 'http://pypi.example:99999/simple', 400],
  ])('%s is refused', (_, target, status) => {
    expect(found(target)).toBe(status);
  });

  test.each(['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'get', ''])('with the method %s is refused', (method) => {
    expect(found('http://open.example/x', method)).toBe(405);
  });

  test('never leads anywhere but below the upstream that it names', () => {
    const part = fc.constantFrom(
      'a',
      '..',
      '.',
      '%2e',
      '%2e%2e',
      '%2f',
      '\\',
      '%5c',
      '@',
      '?',
      '#',
      ':',
      '//',
      '%',
      ' ',
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 8 }), (parts) => {
        const result = findUpstream('GET', `http://pypi.example/simple/${parts.join('/')}`, upstreams);
        if ('status' in result) return;
        const { host, pathname } = addressOf(result);
        expect(host).toBe('pypi.example');
        expect(`${pathname}/`.startsWith('/simple/')).toBe(true);
        expect(decodeURIComponent(pathname.replace(/%(?![0-9a-f]{2})/gi, '%25')).split(/[/\\]/)).not.toContain('..');
      }),
      { numRuns: 2000 },
    );
  });
});

describe('a redirect', () => {
  test.each([
    ['below an upstream', 'https://pypi.example/simple/x', 'packages'],
    ['below the mirror of an upstream', 'http://mirror.example/pub/debian/pool/x', 'debian'],
    ['to an upstream by another scheme', 'http://pypi.example/simple/x', undefined],
    ['beside an upstream', 'https://pypi.example/secret', undefined],
    ['to another host', 'https://other.example/simple/x', undefined],
    ['with escaped dots', 'https://pypi.example/simple/..%2fx', undefined],
  ])('%s', (_, target, name) => {
    expect(isListed(new URL(target), upstreams)?.name).toBe(name);
  });
});
