// The version of this program, as package.json has it.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const description = createRequire(import.meta.url).resolve('#root/package.json');

/** `0.1.0`. */
export const version = (JSON.parse(readFileSync(description, 'utf8')) as { version: string }).version;
