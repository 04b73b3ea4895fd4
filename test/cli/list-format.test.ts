import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { formatList, type ListRow } from '../../cli/list-format.ts';

const rows: readonly ListRow[] = [
  { image: 'debian/bookworm/amd64/default', build: '20260201_12:00', title: 'Debian 12, "bookworm"' },
  {
    image: 'alpine/edge/amd64/default',
    build: '20260202_12:00',
    title: 'Alpine edge',
    from: 'https://up.example/',
    endOfLife: '2027-01-01T00:00:00Z',
  },
];

test('csv quotes what has to be quoted, and has every field in its place', async () => {
  expect(await formatList({ images: rows }, 'csv')).toBe(
    [
      'debian/bookworm/amd64/default,20260201_12:00,"Debian 12, ""bookworm""",,',
      'alpine/edge/amd64/default,20260202_12:00,Alpine edge,2027-01-01T00:00:00Z,https://up.example/',
      '',
    ].join('\n'),
  );
});

test('json and yaml are the same document', async () => {
  expect(JSON.parse(await formatList({ images: rows }, 'json'))).toEqual({ images: rows });
  expect(parse(await formatList({ images: rows }, 'yaml'))).toEqual({ images: rows });
});

test('a table stands in columns, cut on a terminal alone', async () => {
  expect(await formatList({ images: rows }, 'table')).toContain(
    'alpine/edge/amd64/default      20260202_12:00  Alpine edge (built by others, from https://up.example/)',
  );
  const lines = (await formatList({ images: rows }, 'table', 60)).trimEnd().split('\n');
  expect(lines.filter((line) => line.length > 60)).toEqual([]);
  expect(lines[1]).toMatch(/…$/);
});

test.each([
  ['table', 'no images\n'],
  ['csv', ''],
  ['yaml', 'images: []\n'],
] as const)('no images as %s', async (format, text) => {
  expect(await formatList({ images: [] }, format)).toBe(text);
});
