// Takes the name of a container out of a file that is to be filled in for each container. Pure.

/**
 * LXC_NAME wherever the name stands as a word of its own, or as the first part of a longer name (`ct1.example.org`). Names have letters,
 * digits, `.`, `_` and `-` (client/container/name.ts). That of every machine is left where it is.
 */
export function withoutName(text: string, name: string): string {
  if (name === 'localhost') return text;
  const literal = name.replaceAll('.', '\\.');
  return text.replaceAll(new RegExp(`(?<![\\w.-])${literal}(?![\\w-])`, 'g'), 'LXC_NAME');
}
