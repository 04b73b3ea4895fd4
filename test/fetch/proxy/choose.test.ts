import { describe, expect, test } from 'vitest';
import { proxiesOf } from '../../../fetch/proxy/choose.ts';
import { isExempt, isThisMachine } from '../../../fetch/proxy/no-proxy.ts';

const plain = new URL('http://images.lan/a');
const secure = new URL('https://images.lan/a');

describe('the variables', () => {
  test.each([
    [{}, undefined, undefined],
    [{ http_proxy: 'http://p:1' }, 'http://p:1', undefined],
    [{ https_proxy: 'http://p:1' }, undefined, 'http://p:1'],
    [{ HTTPS_PROXY: 'http://p:1' }, undefined, 'http://p:1'],
    [{ https_proxy: 'http://a:1', HTTPS_PROXY: 'http://b:1' }, undefined, 'http://a:1'],
    [{ all_proxy: 'http://p:1' }, 'http://p:1', 'http://p:1'],
    [{ ALL_PROXY: 'http://p:1', https_proxy: 'http://s:1' }, 'http://p:1', 'http://s:1'],
    [{ https_proxy: '', all_proxy: 'p:3128' }, 'http://p:3128', 'http://p:3128'],
    [{ all_proxy: 'http://p:1', no_proxy: 'lan' }, undefined, undefined],
    [{ all_proxy: 'http://p:1', NO_PROXY: 'lan' }, undefined, undefined],
    [{ all_proxy: 'http://p:1', no_proxy: 'other', NO_PROXY: 'lan' }, 'http://p:1', 'http://p:1'],
    // It may be what a client sends to a CGI program.
    [{ HTTP_PROXY: 'http://p:1' }, undefined, undefined],
  ])('%j: http by %s, https by %s', (environment, http, https) => {
    const choose = proxiesOf(environment);
    expect([choose(plain)?.name, choose(secure)?.name]).toEqual([http, https]);
  });

  test.each([
    ['p', { isSecure: false, host: 'p', port: 80, authorization: undefined }],
    ['https://p/', { isSecure: true, host: 'p', port: 443, authorization: undefined }],
    ['http://[::1]:3128', { host: '::1', port: 3128, name: 'http://[::1]:3128' }],
    ['http://me:a%40b@p:8', { name: 'http://p:8', authorization: `Basic ${btoa('me:a@b')}` }],
    ['me:secret@p:8', { name: 'http://p:8', authorization: `Basic ${btoa('me:secret')}` }],
  ])('the value %s is %j', (value, expected) => {
    expect(proxiesOf({ https_proxy: value })(secure)).toMatchObject(expected);
  });

  test.each(['socks5://p:1080', 'http://', 'http://p:99999', 'http://me:secret%@p:8', 'a b'])(
    '%j is refused',
    (value) => {
      const choose = proxiesOf({ https_proxy: value });
      expect(() => choose(secure)).toThrow(expect.objectContaining({ code: 'proxy-unusable' }));
      expect(() => choose(secure)).toThrow(/^(?!.*secret)/);
      expect(choose(plain)).toBeUndefined();
    },
  );
});

describe('this machine', () => {
  test.each([
    ['localhost', true],
    ['LOCALHOST.', true],
    ['registry.localhost', true],
    ['127.0.0.1', true],
    ['127.1', true],
    ['0x7f000001', true],
    ['127.255.0.3', true],
    ['[::1]', true],
    ['[0:0:0:0:0:0:0:1]', true],
    ['[::ffff:127.0.0.1]', true],
    ['localhost.example', false],
    ['notlocalhost', false],
    ['127.0.0.1.example', false],
    ['128.0.0.1', false],
    ['0.0.0.0', false],
    ['[::2]', false],
    ['[::ffff:10.0.0.1]', false],
    ['10.0.0.1', false],
  ])('%s: %s', (host, expected) => {
    expect(isThisMachine(new URL(`https://${host}:5000/v2/`))).toBe(expected);
    const environment = { all_proxy: 'http://p:1', https_proxy: 'http://p:1', no_proxy: 'other' };
    expect(proxiesOf(environment)(new URL(`https://${host}:5000/v2/`)) === undefined).toBe(expected);
  });

  test('it is reached also where the variable holds no proxy', () => {
    expect(proxiesOf({ https_proxy: 'socks5://p:1080' })(new URL('https://localhost/'))).toBeUndefined();
  });
});

describe('no_proxy', () => {
  test.each([
    ['*', 'https://images.lan/', true],
    ['images.lan', 'https://images.lan/', true],
    ['IMAGES.lan', 'https://images.LAN/', true],
    ['images.lan', 'https://images.lan./', true],
    ['lan', 'https://images.lan/', true],
    ['.lan', 'https://images.lan/', true],
    ['*.lan', 'https://images.lan/', true],
    ['.images.lan', 'https://images.lan/', true],
    ['ages.lan', 'https://images.lan/', false],
    ['a, b images.lan', 'https://images.lan/', true],
    ['images.lan:443', 'https://images.lan/', true],
    ['images.lan:8443', 'https://images.lan/', false],
    ['images.lan:80', 'http://images.lan/', true],
    ['127.0.0.1', 'https://127.0.0.1:8443/', true],
    ['127.0.0.1:8443', 'https://127.0.0.1:8443/', true],
    ['0.0.1', 'https://127.0.0.1/', false],
    ['10.0.0.0/8', 'https://10.2.3.4/', true],
    ['10.0.0.0/8', 'https://11.2.3.4/', false],
    ['10.0.0.0/33', 'https://10.2.3.4/', false],
    ['10.0.0.0/', 'https://10.2.3.4/', false],
    ['10.0.0.0/8', 'https://images.lan/', false],
    ['::1', 'https://[::1]:8443/', true],
    ['[::1]', 'https://[::1]:8443/', true],
    ['[::1]:8443', 'https://[::1]:8443/', true],
    ['[::1]:1', 'https://[::1]:8443/', false],
    ['0:0::1', 'https://[::1]/', true],
    ['fd00::/8', 'https://[fd12::1]/', true],
    ['fd00::/8', 'https://10.0.0.1/', false],
    ['', 'https://images.lan/', false],
    [' , .', 'https://images.lan/', false],
  ])('%j leaves %s out: %s', (list, url, expected) => {
    expect(isExempt(new URL(url), list)).toBe(expected);
  });
});
