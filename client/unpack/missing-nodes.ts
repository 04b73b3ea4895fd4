// What a container with an id map lacks of its image: device nodes that could not be made, and that its config does not bind either. Pure.

import { bindLine, type PlacedNode } from '../../image/index.ts';

const shown = 5;

/** For people; undefined when nothing is missing. `config`: the image's, for containers with an id map. */
export function missingNodes(leftOut: readonly PlacedNode[], config: string): string | undefined {
  const lines = new Set(config.split('\n').map((line) => line.trim()));
  const isBound = (line: string | undefined) => line !== undefined && lines.has(line);
  const missing = leftOut.filter((node) => !isBound(bindLine(node)));
  if (missing.length === 0) return undefined;
  const names = missing.slice(0, shown).map(({ path, type, major, minor }) => {
    return `${Buffer.from(path, 'latin1')} (${type} ${major}:${minor})`;
  });
  const more = missing.length > shown ? ` and ${missing.length - shown} more` : '';
  return `device nodes that only a privileged container can have were left out: ${names.join(', ')}${more}`;
}
