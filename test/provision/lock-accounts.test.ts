import { expect, test } from 'vitest';
import { lockedText } from '../../provision/login/lock-accounts.ts';

test.each([
  ['a hash', 'root:$6$salt$hash:20000::::::', 'root:*:20000::::::'],
  ['a hash behind a lock', 'root:!$6$salt$hash:20000::::::', 'root:*:20000::::::'],
  ['no password at all', 'guest::20000::::::', 'guest:*:20000::::::'],
  ['a lock', 'daemon:*:20000::::::', 'daemon:*:20000::::::'],
  ['another lock', 'bin:!!:20000::::::', 'bin:!!:20000::::::'],
  ['a reader that is sent to shadow', 'root:x:0:0:root:/root:/bin/sh', 'root:*:0:0:root:/root:/bin/sh'],
  ['a line of NIS', '+', '+'],
  ['bytes that are no text', 'r\xff:$1$x:1:', 'r\xff:*:1:'],
])('%s', (_what, before, after) => {
  expect(lockedText(`${before}\n`, [])).toBe(`${after}\n`);
});

test('what is harmless in a file stays', () => {
  expect(lockedText('root:x:0:\nusers::100:\nwheel:secret:10:\n', ['x', ''])).toBe(
    'root:x:0:\nusers::100:\nwheel:*:10:\n',
  );
});
