import { expect, test } from 'vitest';
import { missingNodes } from '../../../client/unpack/missing-nodes.ts';
import type { PlacedNode } from '../../../image/index.ts';

const node = (path: string, minor: number): PlacedNode =>
  ({ path, type: 'character', major: 1, minor }) as unknown as PlacedNode;

test('nothing is missing where the config binds what was left out', () => {
  const config = 'lxc.arch = linux64\n\nlxc.mount.entry = /dev/null srv/null none bind,create=file,optional 0 0\n';
  expect(missingNodes([node('srv/null', 3)], config)).toBeUndefined();
  expect(missingNodes([], '')).toBeUndefined();
});

test('what it does not bind is told with its numbers, a few by name', () => {
  expect(missingNodes([node('srv/null', 3), node('srv/mem', 1)], '\n')).toBe(
    'device nodes that only a privileged container can have were left out: srv/null (character 1:3), srv/mem (character 1:1)',
  );
  const many = Array.from({ length: 7 }, (_, at) => node(`srv/${at}`, 1));
  expect(missingNodes(many, '')).toMatch(/srv\/4 \(character 1:1\) and 2 more$/);
});
