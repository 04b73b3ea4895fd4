import { expect, test } from 'vitest';
import { archivedImage } from '../../cli/archived-image.ts';

const id = (variant: string) => ({ distribution: 'debian', release: 'bookworm', architecture: 'amd64', variant });
const choice = { wanted: id('web'), origin: id('mini'), definitions: undefined, waive: [] };
const usage = expect.objectContaining({ code: 'bad-usage' });

test('a name of its own, set up as the image that the container was made from', async () => {
  const image = await archivedImage(choice);
  expect(image).toMatchObject({ variant: 'web', title: 'Debian 12 "bookworm", web' });
  expect(image.layers.map(({ variant }) => variant)).toEqual(['mini']);
});

test('without a name it is called as that one', async () => {
  expect(await archivedImage({ ...choice, wanted: undefined })).toMatchObject({ variant: 'mini' });
});

test('a variant of the definition is set up as that one', async () => {
  const image = await archivedImage({ ...choice, wanted: id('large') });
  expect(image.layers.at(-1)?.variant).toBe('large');
});

test('of a container that somebody else has made it is the variant default', async () => {
  const image = await archivedImage({ ...choice, origin: undefined });
  expect(image).toMatchObject({ variant: 'web' });
  expect(image.layers.at(-1)?.variant).toBe('default');
});

test('that says nothing needs a name', async () => {
  await expect(archivedImage({ ...choice, wanted: undefined, origin: undefined })).rejects.toThrow(usage);
});

test('what the gate is to let pass stands beside what the definition waives', async () => {
  const { waivers } = await archivedImage({ ...choice, waive: ['usable-password=a = b'] });
  expect(waivers.at(-1)).toEqual({ rule: 'usable-password', reason: 'a = b', paths: [] });
});

test.each(['usable-password', 'usable-password=', 'usable-password= ', '=because'])('%j is no waiver', async (text) => {
  await expect(archivedImage({ ...choice, waive: [text] })).rejects.toThrow(usage);
});
