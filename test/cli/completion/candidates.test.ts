import { expect, test } from 'vitest';
import { completionOf, type Known } from '../../../cli/completion/candidates.ts';
import { positionOf } from '../../../cli/completion/position.ts';
import { programOfTable } from '../table.ts';

const program = programOfTable();
const known: Known = {
  containers: async (given) => (given.get('--path') === '/srv' ? ['other'] : ['ct1', 'ct2', 'web']),
  remotes: async () => ['up', 'upper'],
  ownImages: async () => ['debian/bookworm/amd64/default', 'debian/trixie/arm64/mini'],
  offeredImages: async (remote) =>
    remote === undefined ? ['alpine/edge/amd64/default'] : [`${remote}/one/amd64/default`],
};

async function complete(...words: string[]): Promise<readonly string[]> {
  const { directive, candidates } = await completionOf(positionOf(program, words), known);
  return directive === 'words' ? candidates.map(({ text }) => text) : [directive];
}

test.each([
  [['reb'], ['rebuild']],
  [
    ['remote', 're'],
    ['remove', 'rename'],
  ],
  [['rebuild', '--che'], ['--check']],
  [['rebuild', '--js'], ['--json']],
  [
    ['build', '--roots', ''],
    ['auto', 'disk', 'memory'],
  ],
  [['build', '--roots=d'], ['--roots=disk']],
  [['build', '--matrix', ''], ['json']],
  [
    ['completion', ''],
    ['bash', 'fish', 'zsh'],
  ],
  [
    ['run', 'c'],
    ['ct1', 'ct2'],
  ],
  [['run', '--path', '/srv', ''], ['other']],
  [['run', 'ct1', 'l'], ['files']],
  [['create', 'c'], []],
  [
    ['create', 'x', ''],
    ['alpine/edge/amd64/default', 'local:', 'up:', 'upper:'],
  ],
  [['create', 'x', 'up:'], ['up:up/one/amd64/default']],
  [['list', 'local:debian/t'], ['local:debian/trixie/arm64/mini']],
  [
    ['create', 'x', '-d', ''],
    ['alpine', 'debian'],
  ],
  [
    ['create', 'x', '--variant', ''],
    ['default', 'mini'],
  ],
  [['show', 'debian/b'], ['debian/bookworm/amd64/default']],
  [
    ['remote', 'default', 'u'],
    ['up', 'upper'],
  ],
  [['keys', 'trust', ''], ['files']],
  [['create', '--path', ''], ['directories']],
  [['create', '--path='], ['directories']],
  [['list', '--server', ''], []],
])('%j becomes one of %j', async (words, expected) => {
  expect(await complete(...words)).toEqual(expected);
});

test('commands and options are known without looking at the machine', async () => {
  const look = () => Promise.reject(new Error('looked'));
  const unwanted: Known = { containers: look, remotes: look, ownImages: look, offeredImages: look };
  for (const words of [['cre'], ['create', '--p'], ['build', '--roots', '']]) {
    expect((await completionOf(positionOf(program, words), unwanted)).candidates).not.toEqual([]);
  }
});

test('hidden commands are not offered', async () => {
  expect(await complete('')).not.toContain('__complete');
});
