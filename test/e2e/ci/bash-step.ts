// Runs the script of a step as the runners of CI systems do: written to a file, by bash, in the checkout.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execute, type Outcome } from '../cooper.ts';

/** The checkout that workflows are run in. */
export const checkout = fileURLToPath(new URL('../../..', import.meta.url));

/** What every runner gives to a step. */
export const machine: NodeJS.ProcessEnv = {
  PATH: process.env.PATH,
  HOME: process.env.HOME,
  LANG: 'C.UTF-8',
  CI: 'true',
};

/** Runs the script with `bash OPTIONS FILE`; throws with all that it said when it fails. */
export async function runScript(
  script: string,
  options: readonly string[],
  env: NodeJS.ProcessEnv,
  folder: string,
): Promise<Outcome> {
  const file = join(folder, 'step.sh');
  writeFileSync(file, script);
  const outcome = await execute('bash', [...options, file], { cwd: checkout, env, seconds: 900 });
  if (outcome.status === 0) return outcome;
  throw new Error(`status ${outcome.status} of\n${script}\n${outcome.stdout}\n${outcome.stderr}`);
}
