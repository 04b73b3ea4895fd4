// Who gives rights is somebody: a set-id file or one with capabilities comes from a package, and a package does not get
// one with an update that nobody has looked at. New ones of new packages are told, not refused.

import { type PrivilegedFile, privilegedFiles } from '../privileged-files.ts';
import type { Baseline, Finding, Rule } from '../rule.ts';

/** Compares with the baseline: the last build of the image, or of the variant that it extends; without one only owners count. */
export const privilegedFilesRule: Rule = {
  code: 'privileged-file',
  title: 'Every set-id file and every capability comes from a package and is no surprise',
  check: (root, { baseline }) => {
    const { files, ownersKnown } = privilegedFiles(root);
    return files.flatMap((file) => judge(file, baseline, ownersKnown));
  },
};

function judge(file: PrivilegedFile, baseline: Baseline | undefined, ownersKnown: boolean): Finding[] {
  const { path, package: owner } = file;
  const gives = `gives ${file.grants.join(' and ')}`;
  if (owner === undefined && ownersKnown) return [{ path, message: `${gives} and belongs to no package` }];
  if (baseline === undefined || isIn(baseline, file)) return [];
  if (owner === undefined || baseline.packages.includes(owner)) {
    return [{ path, message: `${gives}, which it did not in ${baseline.build}` }];
  }
  return [{ path, message: `${gives}, new with the package ${owner}`, weight: 'note' }];
}

function isIn({ privileged }: Baseline, { path, grants }: PrivilegedFile): boolean {
  return privileged.some((before) => before.path === path && before.grants.join() === grants.join());
}
