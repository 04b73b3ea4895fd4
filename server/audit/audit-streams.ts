// Audits what a generation has for LXD and Incus, and its SHA256SUMS. A generation of an earlier version has neither, as its catalog says.

import { CooperError, isSystemError } from '../../errors/index.ts';
import { isWhole } from '../../image/index.ts';
import { sha256Of } from '../../keys/index.ts';
import { sumsOf } from '../publish/documents.ts';
import { channelsOf } from '../publish/offer.ts';
import type { Published } from '../publish/published.ts';
import { sumsName } from '../publish/signed-file.ts';
import { streamItems } from '../publish/stream-items.ts';
import { type StreamItems, streamsDocuments, streamsPaths } from '../publish/streams.ts';
import type { Finding } from './finding.ts';
import { type LiveDocuments, problemsOfSignature } from './live-documents.ts';

/** Whether the lists are those of the builds that the catalog offers, as their image.json tells. */
export async function problemsOfStreams(
  generation: LiveDocuments,
  tree: string,
  { streams, offer, selection, publisher }: Published,
): Promise<Finding[]> {
  if (streams === undefined) return [];
  const items = await itemsThere(tree, offer);
  const problems: Finding[] = [];
  for (const channel of channelsOf(offer)) {
    const paths = streamsPaths(channel);
    const documents = items === undefined ? undefined : streamsDocuments(offer, channel, items);
    for (const name of ['index', 'images'] as const) {
      const [path, expected] = [paths[name], documents?.[name]];
      const found = await generation.read(path);
      if (found === undefined) problems.push({ path, problem: 'is missing' });
      else if (expected !== undefined && found !== expected) {
        problems.push({ path, problem: 'does not list what the catalog offers' });
      } else if (isWhole(selection) && name === 'images' && sha256Of(found) !== streams[channel]?.sha256) {
        problems.push({ path, problem: 'is not the one that the catalog names' });
      }
      // Nobody has signed what a mirror has left of its origin's lists.
      if (!isWhole(selection)) continue;
      problems.push(...(await problemsOfSignature(generation, `${path}.asc`, expected ?? found ?? '', publisher)));
    }
  }
  return problems;
}

const strange = ['EISDIR', 'ENOTDIR', 'ELOOP', 'EACCES', 'EIO'];

/** Undefined where an image.json is not what it should be, of which the audit of the builds tells. */
async function itemsThere(tree: string, offer: Published['offer']): Promise<StreamItems | undefined> {
  try {
    return await streamItems(tree, undefined, offer);
  } catch (error) {
    const isDamaged = error instanceof CooperError && error.code === 'tree-damaged';
    if (isDamaged || strange.some((code) => isSystemError(error, code))) return undefined;
    throw error;
  }
}

/**
 * Whether SHA256SUMS lists the documents that have a meaning, all of which must have been looked at, and no others. A key that is
 * revoked signs none for the generation that says so. `known`: paths of which something was found already.
 */
export async function problemsOfSums(
  generation: LiveDocuments,
  { streams, selection, publisher, revoked }: Published,
  known: ReadonlySet<string>,
): Promise<Finding[]> {
  if (streams === undefined || !isWhole(selection) || revoked) return [];
  const documents = await generation.documents();
  const [found, expected] = [await generation.read(sumsName), sumsOf(documents)];
  const isSigned =
    found !== undefined && (await problemsOfSignature(generation, `${sumsName}.asc`, found, publisher)).length === 0;
  const text = isSigned ? found : expected;
  const problems: Finding[] = [];
  if (found === undefined) problems.push({ path: sumsName, problem: 'is missing' });
  else if (!isSigned && found !== expected) {
    problems.push({ path: sumsName, problem: 'does not list the documents of the generation' });
  }
  for (const path of isSigned ? differing(found, expected) : []) {
    if (!known.has(path)) problems.push({ path, problem: `differs from what ${sumsName} says` });
  }
  for (const name of signatures) problems.push(...(await problemsOfSignature(generation, name, text, publisher)));
  return problems;
}

const signatures = [`${sumsName}.asc`, `${sumsName}.gpg`];

/** Paths whose line is in one of the lists only. */
function differing(one: string, other: string): ReadonlySet<string> {
  const [lines, others] = [one.split('\n'), other.split('\n')];
  const [these, those] = [new Set(lines), new Set(others)];
  const apart = [...lines.filter((line) => !those.has(line)), ...others.filter((line) => !these.has(line))];
  return new Set(apart.map((line) => line.slice(line.indexOf('  ') + 2)));
}
