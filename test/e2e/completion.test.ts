// What bash, zsh and fish complete with the scripts of `cooper completion`. The home is one that the first version published.

import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { packageRoot } from '../../native/package-root.ts';
import { execute, program } from './cooper.ts';
import { openTerminal } from './tmux.ts';

let home: string;
let env: Record<string, string>;
beforeAll(() => {
  home = mkdtempSync('/var/tmp/cooper-completion-');
  cpSync(join(packageRoot, 'test/fixtures/home-1'), home, { recursive: true, verbatimSymlinks: true });
  mkdirSync(join(home, 'containers/ct1'), { recursive: true });
  mkdirSync(join(home, 'containers/web'));
  const remotes = { up: { servers: ['https://images.example/'] } };
  writeFileSync(join(home, 'remotes.json'), JSON.stringify({ schemaVersion: 1, kind: 'cooper.remotes', remotes }));
  mkdirSync(join(home, 'folder'));
  writeFileSync(join(home, 'file.tar.xz'), '');
  const path = `${dirname(program)}:${process.env.PATH}`;
  env = { PATH: path, HOME: home, COOPER_HOME: home, LANG: 'C.UTF-8', TERM: 'xterm' };
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

/** A command line behind `cooper`, the cursor at its end, and what its last word becomes. */
type Line = readonly [string, string];

test('bash', async () => {
  // As bash has cut them into words, at = and : too.
  const lines: readonly Line[] = [
    ['rebu', 'rebuild'],
    ['build --layers = o', 'overlay'],
    ['list local : sm', 'small/one/amd64/default'],
    ['run w', 'web'],
    ['create x --path fol', 'folder'],
    ['create x --seed = fi', 'file.tar.xz'],
  ];
  const script = `
    source <(cooper completion bash)
    while read -ra words; do
      COMP_WORDS=(cooper "\${words[@]}") COMP_CWORD=\${#words[@]}
      _cooper && echo "\${COMPREPLY[*]}"
    done
    complete -p cooper`;
  const input = lines.map(([line]) => `${line}\n`).join('');
  const { stdout, stderr } = await execute('bash', ['--norc', '-c', script], { env, cwd: home, input });
  expect(stderr).toBe('');
  expect(stdout.trim().split('\n')).toEqual([...lines.map(([, found]) => found), 'complete -F _cooper cooper']);
});

test('fish', async () => {
  const lines: readonly Line[] = [
    ['rebu', 'rebuild'],
    ['create x u', 'up:'],
    ['show small', 'small/one/amd64/default'],
    ['create x --seed=fi', '--seed=file.tar.xz'],
  ];
  const asked = lines.map(([line]) => `complete -C 'cooper ${line}' | string replace -r '\\t.*' ''; echo ---`);
  const script = ['cooper completion fish | source', ...asked].join('\n');
  const { stdout, stderr } = await execute('fish', ['--no-config', '-c', script], { env, cwd: home });
  expect(stderr).toBe('');
  expect(stdout.split('\n---\n').slice(0, -1)).toEqual(lines.map(([, found]) => found));
});

test('zsh, at its prompt', async () => {
  const lines: readonly Line[] = [
    ['remote rem', 'remove '],
    ['create x u', 'up:'],
    ['create x --path fol', 'folder/'],
  ];
  const terminal = openTerminal(`cd ${home} && exec zsh -f -i`, env);
  try {
    terminal.type('autoload -Uz compinit; compinit -D; source <(cooper completion zsh); echo rea""dy');
    await terminal.shows('\nready');
    for (const [line, whole] of lines) {
      terminal.write(`cooper ${line}`);
      terminal.press('Tab');
      await terminal.shows(`cooper ${line.slice(0, line.lastIndexOf(' ') + 1)}${whole}`);
      terminal.press('C-u');
    }
  } finally {
    terminal.close();
  }
});
