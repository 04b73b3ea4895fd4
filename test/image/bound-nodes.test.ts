import { expect, test } from 'vitest';
import { bindLine, type PlacedNode } from '../../image/bound-nodes.ts';
import type { BytePath } from '../../image/tree/byte-path.ts';

const node = (path: string, numbers = '1:3', type: PlacedNode['type'] = 'character'): PlacedNode => {
  const [major = 0, minor = 0] = numbers.split(':').map(Number);
  return { path: path as BytePath, type, major, minor };
};

test.each([
  ['1:3', 'null'],
  ['1:5', 'zero'],
  ['1:7', 'full'],
  ['1:8', 'random'],
  ['1:9', 'urandom'],
  ['5:0', 'tty'],
])('the character device %s is the host’s /dev/%s', (numbers, name) => {
  expect(bindLine(node('srv/jail/dev/x', numbers))).toBe(
    `lxc.mount.entry = /dev/${name} srv/jail/dev/x none bind,create=file,optional 0 0`,
  );
});

test('a name is written as getmntent reads it', () => {
  const [, , , target] = bindLine(node('srv/two words\\#\t\n'))?.split(' ') ?? [];
  expect(target).toBe('srv/two\\040words\\134\\043\\011\\012');
  expect(bindLine(node(Buffer.from('srv/grün').toString('latin1')))).toContain(' srv/grün none ');
});

test.each<[string, PlacedNode]>([
  ['in /dev, which LXC covers', node('dev/x/null')],
  ['that is a disk', node('srv/disk', '7:0', 'block')],
  ['that is a disk with the numbers of null', node('srv/disk', '1:3', 'block')],
  ['of memory', node('srv/mem', '1:1')],
  ['of a console', node('srv/console', '5:1')],
  ['whose name is no text', node('srv/\xff')],
])('a node %s is not bound', (_what, placed) => {
  expect(bindLine(placed)).toBeUndefined();
});
