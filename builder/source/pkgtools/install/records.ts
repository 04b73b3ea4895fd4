// What a root keeps of a package besides its files: its record, and its scripts as they came. Pure.

import type { PlacedFile } from '../../../../provision/placed-file.ts';
import { recordText } from './record.ts';
import type { PackageContent } from './unpack-package.ts';

/** Files to be placed; `base`: where the root has its records (first-shell.ts). */
export function recordsOf(
  { item, files, unpacked: size, members }: PackageContent,
  base: string,
): readonly PlacedFile[] {
  const { stem, name, location, size: packed } = item;
  const [script, first] = [members.get('doinst.sh'), members.get('initpkg')];
  const description = members.get('slack-desc') ?? '';
  const content = recordText({ stem, name, packed, unpacked: size, location, description, files });
  // Scripts and descriptions are in whatever encoding their packager has: Plamo's older ones in EUC-JP.
  const text = (path: string, own: string, mode: number): PlacedFile => {
    return { kind: 'text', path, content: own, encoding: 'latin1', mode };
  };
  return [
    text(`${base}/packages/${stem}`, content, 0o644),
    ...(script === undefined ? [] : [text(`${base}/scripts/${stem}`, script, 0o755)]),
    // Plamo's own: it asks its questions when the system runs first.
    ...(first === undefined ? [] : [text(`/var/log/initpkg/${name}`, first, 0o755)]),
  ];
}
