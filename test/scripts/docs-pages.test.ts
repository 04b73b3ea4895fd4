import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { faultTable } from '../../cli/doctor/fault-table.ts';
import { errorTable } from '../../errors/index.ts';
import { doctorPage, errorsPage, everyFormat, formatsPage } from '../../scripts/docs-pages.ts';

const root = dirname(createRequire(import.meta.url).resolve('#root/package.json'));
const committed = (page: string) => readFileSync(join(root, 'docs', page), 'utf8');

describe('the committed pages', () => {
  it('docs/formats.md is what `npm run docs` writes', () => {
    expect(committed('formats.md')).toBe(formatsPage(everyFormat));
  });

  it('docs/errors.md is what `npm run docs` writes', () => {
    expect(committed('errors.md')).toBe(errorsPage(errorTable));
  });

  it('docs/doctor.md is what `npm run docs` writes', () => {
    expect(committed('doctor.md')).toBe(doctorPage(faultTable));
  });
});

describe('a page of formats', () => {
  it('has a line for every field, with type, default and meaning', () => {
    const schema = z.object({
      kind: z.literal('x'),
      note: z.string().optional().describe('May be missing'),
      list: z.array(z.object({ size: z.number().int().positive() })).default([]),
      map: z.record(z.string(), z.object({ when: z.iso.datetime() })),
      choice: z.enum(['a', 'b']),
    });
    const lines = formatsPage([{ title: 'x.json', text: 'Text.', schema }]).split('\n');
    expect(lines.slice(lines.indexOf('## x.json'))).toEqual([
      '## x.json',
      '',
      'Text.',
      '',
      '| field | type | meaning |',
      '| --- | --- | --- |',
      '| `kind` | `"x"` |  |',
      '| `note` | string, optional | May be missing |',
      '| `list` | list of objects, default `[]` |  |',
      '| `list[].size` | integer > 0 |  |',
      '| `map` | map to objects |  |',
      '| `map.*.when` | time, `YYYY-MM-DDThh:mm:ssZ` |  |',
      '| `choice` | `"a"` or `"b"` |  |',
      '',
    ]);
  });
});
