// Definitions of the past: Debian as it was released, without the suites that updates come from.

import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isMap, isSeq, parseDocument } from 'yaml';
import { definitionFolders, findDefinition } from '../../variants/index.ts';

/** Puts a definition of Debian into `folder` (`--definitions`) whose releases have their first suite alone. */
export async function releaseDefinitions(folder: string): Promise<void> {
  const target = join(folder, 'debian');
  cpSync(await findDefinition('debian', definitionFolders()), target, { recursive: true });
  const file = join(target, 'definition.yaml');
  writeFileSync(file, withFirstSuites(readFileSync(file, 'utf8')));
}

/** Throws an Error when the releases are not where they are looked for: nothing would be narrowed. */
export function withFirstSuites(definition: string): string {
  const document = parseDocument(definition);
  const releases = document.get('releases');
  if (!isMap(releases)) throw new Error('the definition has no releases');
  for (const { value } of releases.items) {
    const suites = isMap(value) ? value.get('suites') : undefined;
    if (!isSeq(suites)) throw new Error('a release has no suites');
    suites.items.splice(1);
  }
  return document.toString();
}
