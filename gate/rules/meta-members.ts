// meta.tar.xz has what stock clients read, in the form in which they read it (docs/PROTOCOLS.md, section 1).

import { memberLines, pickMember } from '../../image/index.ts';
import type { PackedImage } from '../packed-image.ts';
import type { Finding, ImageRule } from '../rule.ts';

const path = 'meta.tar.xz';
const required = ['config', 'config-user', 'templates', 'excludes-user', 'expiry', 'create-message'];

/** Looks at which members there are, at the lines of the configurations and of `templates`, and at `expiry`. */
export const metaMembers: ImageRule = {
  code: 'meta-member',
  title: 'meta.tar.xz has every member that clients read',
  check: (image) => [
    ...required.filter((name) => !image.meta.has(name)).map((name) => ({ path, message: `has no ${name}` })),
    ...['config', 'config-user'].flatMap((name) => faultyLines(image, name)),
    ...expiryFaults(image),
    ...missingTemplates(image),
  ],
};

function faultyLines({ meta }: PackedImage, name: string): Finding[] {
  return memberLines(meta.get(name))
    .filter((line) => !line.startsWith('#') && !/^lxc\.[\w.-]+\s*=/.test(line))
    .map((line) => ({ path, message: `has a line in ${name} that LXC does not take: ${line}` }));
}

function expiryFaults({ meta }: PackedImage): Finding[] {
  const text = meta.get('expiry')?.toString('utf8');
  if (text === undefined || /^\d{1,11}\n?$/.test(text)) return [];
  return [{ path, message: 'has an expiry that is no number of seconds' }];
}

/** The client edits them in place; what is not a file it passes over without a word. */
function missingTemplates({ meta, root }: PackedImage): Finding[] {
  return [...new Set((['system', 'user'] as const).flatMap((mode) => memberLines(pickMember(meta, 'templates', mode))))]
    .filter((name) => root.resolve(name)?.kind !== 'file')
    .map((name) => ({ path: name, message: 'is named by templates and is no file' }));
}
