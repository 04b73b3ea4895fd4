// Writes the manual pages into man/, beside dist/ (`npm run build`; runs compiled, from dist/). Their date is SOURCE_DATE_EPOCH where
// it is set, else today.

import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { makeProgram } from '../cli/program.ts';
import { version } from '../cli/version.ts';
import { manPages } from './man-pages.ts';
import { putFiles } from './put-files.ts';

const folder = join(dirname(createRequire(import.meta.url).resolve('#root/package.json')), 'man');
const epoch = process.env.SOURCE_DATE_EPOCH;
const date = (epoch ? new Date(Number(epoch) * 1000) : new Date()).toISOString().slice(0, 10);
const program = makeProgram(
  () => {
    throw new TypeError('no command runs here');
  },
  () => undefined,
);

putFiles(
  folder,
  manPages(program, { version, date }).map(({ file, text }) => ({ path: file, content: text })),
);
