import { expect, test } from 'vitest';
import { originIn, originText } from '../../../client/container/origin.ts';

const image = { distribution: 'debian', release: 'bookworm', architecture: 'amd64', variant: 'mini' };
const origin = { image, build: '20260101_12:00', publisher: 'A'.repeat(40) };

test('what is written is read again', () => {
  expect(originIn(`# ${originText(origin)}\n\nlxc.arch = amd64\n`)).toEqual(origin);
});

test.each([
  '',
  '# Template used to create this container: download\n',
  `# Made by cooper from debian/bookworm 1 of publisher ${'A'.repeat(40)}\n`,
])('a config of somebody else says nothing: %j', (config) => {
  expect(originIn(config)).toBeUndefined();
});
