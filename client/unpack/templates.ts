// Replaces placeholders in the files of a root that its image names as templates, holding the container's ids. Refuses a file that is
// reached outside of the root; one that is absent is passed over, as LXC does.

import { lstatSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { CooperError, isSystemError } from '../../errors/index.ts';
import { type PlaceholderValues, replacePlaceholders } from '../../image/placeholders.ts';

/** What is replaced in a new root, and where: rootfs-relative paths. */
export interface Templates {
  readonly paths: readonly string[];
  /** As the container will be when it is in its place. */
  readonly values: PlaceholderValues;
}

/** Throws `template-outside-root`. */
export function fillTemplates(rootfs: string, { paths, values }: Templates): void {
  for (const template of paths) {
    const file = fileInside(rootfs, template);
    // Written in place: owner, mode and attributes stay.
    if (file !== undefined) writeFileSync(file, replacePlaceholders(readFileSync(file), values));
  }
}

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
