// Reads meta/1.0/index-* of LXC's download template (docs/PROTOCOLS.md, section 1). Pure. As the template does it takes the first line
// of an image and passes over lines without a path; what has not six fields is told, since nobody can say what is meant.

import { CooperError } from '../../errors/index.ts';
import { type Listing, readNames, readPath, type UpstreamBuild } from './upstream-build.ts';

/**
 * The builds of an index; `address` is what messages call it.
 * @throws CooperError 'upstream-invalid' for a text that has not one line of an index
 */
export function readLxcIndex(text: string, address: string): Listing {
  const builds = new Map<string, UpstreamBuild>();
  const odd: string[] = [];
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  for (const [at, line] of lines.entries()) {
    const build = readLine(line);
    if (build === 'nothing') continue;
    if (typeof build === 'string') {
      odd.push(`${address}, line ${at + 1}: ${build}`);
      continue;
    }
    const name = [build.distribution, build.release, build.architecture, build.variant].join('/');
    if (!builds.has(name)) builds.set(name, build);
  }
  if (builds.size > 0) return { builds: [...builds.values()], odd };
  throw new CooperError('upstream-invalid', {
    what: `${address} is no index of images: none of its ${lines.length} lines is one`,
    lines: odd.slice(0, 5),
  });
}

/** `nothing`: clients pass over it. Otherwise what is wrong. */
function readLine(line: string): UpstreamBuild | string {
  const fields = line.split(';');
  const path = fields[5]?.trim() ?? '';
  if (fields.length === 6 && path === '') return 'nothing';
  if (fields.length !== 6) return `has ${fields.length} fields, not six`;
  const names = readNames(fields.slice(0, 5));
  if (names === undefined) return 'has a name that no image may have';
  const folder = readPath(path);
  if (folder === undefined) return `has a path that may lead elsewhere: ${JSON.stringify(path.slice(0, 100))}`;
  const rootfs = { path: `${folder}/rootfs.tar.xz` };
  return {
    ...names,
    title: undefined,
    folder: `${folder}/`,
    rootfs,
    lxd: undefined,
    combined: undefined,
    inIndex: true,
  };
}
