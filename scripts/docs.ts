// Writes docs/formats.md, docs/errors.md, docs/doctor.md and the JSON Schemas for editors (`npm run docs`; runs compiled, from dist/).

import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { faultTable } from '../cli/doctor/fault-table.ts';
import { settingsJsonSchema } from '../client/container/run-block.ts';
import { errorTable } from '../errors/index.ts';
import { definitionJsonSchema } from '../variants/index.ts';
import { doctorPage, errorsPage, everyFormat, formatsPage } from './docs-pages.ts';

const root = dirname(createRequire(import.meta.url).resolve('#root/package.json'));
writeFileSync(join(root, 'docs/formats.md'), formatsPage(everyFormat));
writeFileSync(join(root, 'docs/errors.md'), errorsPage(errorTable));
writeFileSync(join(root, 'docs/doctor.md'), doctorPage(faultTable));
for (const [file, schema] of [
  ['variants/definition.schema.json', definitionJsonSchema()],
  ['client/container/settings.schema.json', settingsJsonSchema()],
] as const) {
  writeFileSync(join(root, file), `${JSON.stringify(schema, null, 2)}\n`);
}
