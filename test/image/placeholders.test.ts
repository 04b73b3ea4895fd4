import { describe, expect, it } from 'vitest';
import { replacePlaceholders } from '../../image/placeholders.ts';

const values = { name: 'c1', path: '/srv/$&/c1', rootfs: '/srv/$&/c1/rootfs' };
const replaced = (text: string) => replacePlaceholders(Buffer.from(text), values).toString();

describe('replacePlaceholders', () => {
  it('replaces each of the five wherever it stands', () => {
    expect(replaced('LXC_NAME,LXC_NAME LXC_PATH LXC_ROOTFS LXC_TEMPLATE_CONFIG LXC_HOOK_DIR')).toBe(
      'c1,c1 /srv/$&/c1 /srv/$&/c1/rootfs /usr/share/lxc/config /usr/share/lxc/hooks',
    );
  });

  it('leaves LXC_CONTAINER_NAME and LXC_ARCH alone, as the stock client does', () => {
    expect(replaced('LXC_CONTAINER_NAME LXC_ARCH')).toBe('LXC_CONTAINER_NAME LXC_ARCH');
  });

  it('keeps bytes that are no text', () => {
    const bytes = Buffer.from([0xff, 0x00, 0xc3, 0x28]);
    expect(replacePlaceholders(Buffer.concat([bytes, Buffer.from('LXC_NAME')]), values)).toEqual(
      Buffer.concat([bytes, Buffer.from('c1')]),
    );
  });

  it('writes a path that is not ASCII as UTF-8', () => {
    const result = replacePlaceholders(Buffer.from('LXC_PATH'), { ...values, path: '/srv/tücher' });
    expect(result.toString('utf8')).toBe('/srv/tücher');
  });
});
