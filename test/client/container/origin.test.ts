import { expect, test } from 'vitest';
import { originIn, originText } from '../../../client/container/origin.ts';
import type { ObtainableImage } from '../../../client/unpack/deliver.ts';
import type { Fingerprint } from '../../../keys/index.ts';

const image = { distribution: 'debian', release: 'bookworm', architecture: 'amd64', variant: 'mini' };
const build = '20260101_12:00';
const signer = 'A'.repeat(40) as Fingerprint;
const published = { kind: 'published', ...image, build } as unknown as ObtainableImage;
const foreign = {
  kind: 'upstream',
  build: { ...image, build },
  upstream: { server: new URL('https://images.example/') },
} as unknown as ObtainableImage;
const pair = { kind: 'files', path: '/srv/a\nb', contents: { kind: 'pair' } } as unknown as ObtainableImage;

test.each([
  ['of a publisher', originText(published, { by: 'catalog', signer })],
  ['by its own signature', originText(published, { by: 'signature', signer })],
  ['of a server without a catalog', originText(foreign, { by: 'transport', signer: undefined })],
])('what is written is read again: %s', (_kind, text) => {
  expect(originIn(`# ${text}\n\nlxc.arch = amd64\n`)).toEqual({ image, build });
});

test.each([
  '',
  '# Template used to create this container: download\n',
  `# Made by cooper from debian/bookworm 1 of publisher ${signer}\n`,
  `# ${originText(pair, { by: 'checksum', signer: undefined })}\n`,
])('a config that names no image says nothing: %j', (config) => {
  expect(originIn(config)).toBeUndefined();
});
