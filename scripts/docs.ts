// Writes docs/formats.md, docs/errors.md, docs/doctor.md and variants/definition.schema.json (`npm run docs`; runs compiled, from dist/).

import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { faultTable } from '../cli/doctor/fault-table.ts';
import { errorTable } from '../errors/index.ts';
import { definitionJsonSchema } from '../variants/index.ts';
import { doctorPage, errorsPage, everyFormat, formatsPage } from './docs-pages.ts';

const root = dirname(createRequire(import.meta.url).resolve('#root/package.json'));
writeFileSync(join(root, 'docs/formats.md'), formatsPage(everyFormat));
writeFileSync(join(root, 'docs/errors.md'), errorsPage(errorTable));
writeFileSync(join(root, 'docs/doctor.md'), doctorPage(faultTable));
const schema = `${JSON.stringify(definitionJsonSchema(), null, 2)}\n`;
writeFileSync(join(root, 'variants/definition.schema.json'), schema);
