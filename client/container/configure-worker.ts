// Worker: replaces placeholders in the files of the root that the image names as templates, holding the container's ids. Refuses a
// file that is reached outside of the root; one that is absent is passed over, as LXC does.

import { lstatSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { CooperError, isSystemError } from '../../errors/index.ts';
import { replacePlaceholders } from '../../image/placeholders.ts';
import { serveWorker } from '../../native/worker-main.ts';
import type { ConfigureRequest } from './configure.ts';

serveWorker<ConfigureRequest, null>(({ rootfs, templates, values }) => {
  for (const template of templates) {
    const file = fileInside(rootfs, template);
    // Written in place: owner, mode and attributes stay.
    if (file !== undefined) writeFileSync(file, replacePlaceholders(readFileSync(file), values));
  }
  return null;
});

/** The file to rewrite; undefined when it does not exist. Links are followed only while they stay inside. */
function fileInside(rootfs: string, template: string): string | undefined {
  const root = realpathSync(rootfs);
  let real = root;
  for (const component of template.split('/').filter((part) => part !== '' && part !== '.')) {
    const next = path.join(real, component);
    const status = lstatSync(next, { throwIfNoEntry: false });
    if (status === undefined) return undefined;
    real = status.isSymbolicLink() ? realOf(next, template) : next;
    if (!real.startsWith(`${root}/`)) throw outside(template);
  }
  if (!lstatSync(real).isFile()) throw outside(template);
  return real;
}

function realOf(link: string, template: string): string {
  try {
    return realpathSync(link);
  } catch (error) {
    if (isSystemError(error, 'ENOENT') || isSystemError(error, 'ELOOP')) throw outside(template);
    throw error;
  }
}

function outside(template: string): CooperError {
  return new CooperError('template-outside-root', { what: `the template ${template} is no file inside of the root` });
}
