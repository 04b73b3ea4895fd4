import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { boxOfRun } from '../../../client/container/run-isolation.ts';
import { readRunBlock } from '../../../client/container/settings-file.ts';
import { mkfifo } from '../../../native/sys.ts';
import { testAsRoot } from '../../setup/as-root.ts';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cooper-settings-'));
  file = join(folder, 'cooper.yaml');
});
afterEach(() => rmSync(folder, { recursive: true }));

const failure = async () =>
  readRunBlock(folder).then(
    () => undefined,
    (error: unknown) => error,
  );

describe('the cooper.yaml of a container', () => {
  test('need not be there, and may be empty', async () => {
    expect(await readRunBlock(folder)).toEqual({});
    writeFileSync(file, '# nothing yet\n');
    expect(await readRunBlock(folder)).toEqual({});
  });

  test('keeps what a run is given', async () => {
    writeFileSync(
      file,
      'run:\n  network: host\n  capabilities: [+net_raw]\n  rlimits: { nofile: 100:200 }\n  env: { A: "1" }\n',
    );
    expect(await readRunBlock(folder)).toEqual({
      network: 'host',
      capabilities: ['+net_raw'],
      rlimits: { nofile: { soft: 100, hard: 200 } },
      env: { A: '1' },
    });
  });

  test('tells all of its faults at once, each with line and column', async () => {
    writeFileSync(
      file,
      'run:\n  memory: -5\n  capabilities:\n    - +net_rwa\n    - chown\n  netwrok: host\n  pids: 20\n  pids: 30\nother: 1\n',
    );
    expect(await failure()).toMatchObject({
      code: 'container-settings-faulty',
      lines: [
        expect.stringMatching(/cooper\.yaml:2:11: run\.memory: /),
        expect.stringMatching(/cooper\.yaml:4:7: .*did you mean `net_raw`\?/),
        expect.stringMatching(/cooper\.yaml:5:7: .*write \+chown to add it/),
        expect.stringMatching(/cooper\.yaml:6:3: unknown key `netwrok`; did you mean `network`\?/),
        expect.stringMatching(/cooper\.yaml:8:3: the key stands here twice/),
        expect.stringMatching(/cooper\.yaml:9:1: unknown key `other`/),
      ],
    });
  });

  test.each([
    ['no YAML', 'run: [\n'],
    ['a list', '- run\n'],
    ['text', 'run\n'],
    ['a tag', 'run: !!binary aGVsbG8=\n'],
    ['many aliases', `a: &a [1]\nrun: &b [${'*a,'.repeat(200)}]\nc: [${'*b,'.repeat(200)}]\n`],
  ])('is refused when it is %s', async (_, text) => {
    writeFileSync(file, text);
    expect(await failure()).toMatchObject({
      code: 'container-settings-faulty',
      lines: expect.arrayContaining([expect.stringMatching(/cooper\.yaml:\d+:\d+: /)]),
    });
  });

  test.each<[string, () => void]>([
    ['a symbolic link', () => symlinkSync('/etc/hostname', file)],
    ['a folder', () => mkdirSync(file)],
    ['a FIFO', () => mkfifo(file, 0o600)],
    [
      'a file that everybody can write to',
      () => {
        writeFileSync(file, '');
        chmodSync(file, 0o666);
      },
    ],
  ])('is not trusted when it is %s', async (_, make) => {
    make();
    expect(await failure()).toMatchObject({ code: 'container-settings-untrusted' });
  });

  testAsRoot('is not trusted when it belongs to another user', async () => {
    writeFileSync(file, 'run: { network: host }\n');
    chownSync(file, 12_345, 0);
    expect(await failure()).toMatchObject({ message: expect.stringContaining('belongs to uid 12345') });
  });
});

test('every source of a bind that cannot be bound is told at once', async () => {
  writeFileSync(file, '');
  const container = { name: 'c1', rootfs: folder, idMap: 'host' } as const;
  const bind = (source: string) => ({ source, target: '/x', readOnly: false });
  const binds = [bind(`${folder}/none`), bind(file), bind(`${file}/below`)];
  await expect(boxOfRun(container, { binds }, new AbortController().signal)).rejects.toMatchObject({
    code: 'bind-missing',
    lines: [`${folder}/none is not there`, `${file}/below is not there`],
  });
});
