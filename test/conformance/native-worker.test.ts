// Workers: requests, answers, errors and bytes cross the border of the box as they were, for every kind of id map.

import { chmodSync, chownSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeIdentities, type Identity, makeIdentity } from './native/identity.ts';

interface Worked<T> {
  readonly response: T;
  readonly cpuSeconds: number;
  readonly messages: readonly unknown[];
}

describeIdentities('a worker of %s', (name) => {
  let who: Identity;
  // Not skipped but not there: what makes no sense for the other.
  const ordinary = name === 'an ordinary user' ? test : () => undefined;
  const root = name === 'real root' ? test : () => undefined;
  const work = <T>(request: object, more: object = {}) =>
    who.ask<Worked<T>>({ action: 'work', request, binds: [], ...more });
  const fail = (request: object, more: object = {}) => who.fail({ action: 'work', request, binds: [], ...more });
  const folder = (path: string, mode: number, uid: number) => {
    mkdirSync(join(who.home, path));
    chownSync(join(who.home, path), uid, uid);
    chmodSync(join(who.home, path), mode);
    return join(who.home, path);
  };

  beforeAll(() => {
    who = makeIdentity(name);
  });
  afterAll(() => who.remove());

  test('answers a request of a megabyte with its text', async () => {
    const text = 'ä"\\\n'.repeat(200_000);
    const { response, cpuSeconds } = await work<{ uid: number; gid: number; text: string }>({ act: 'echo', text });
    expect([response.uid, response.gid]).toEqual([0, 0]);
    expect(response.text).toBe(text);
    expect(cpuSeconds).toBeGreaterThan(0);
  });

  test("gets the caller's choice of an xz engine and nothing else of its environment", async () => {
    const { response } = await work<NodeJS.ProcessEnv>({ act: 'environment' });
    const { COOPER_XZ_ENGINE, COOPER_LEAK, HOME } = response;
    expect({ COOPER_XZ_ENGINE, COOPER_LEAK, HOME }).toEqual({ COOPER_XZ_ENGINE: 'lzma-native', HOME: '/' });
  });

  test('passes a CooperError on as it was', async () => {
    expect(await fail({ act: 'refuse', text: 'no room' })).toEqual({
      name: 'CooperError',
      code: 'no-space',
      message: 'no room',
      next: 'buy a disk',
      lines: ['one', 'two'],
    });
  });

  test('turns a full file system into no-space', async () => {
    expect(await fail({ act: 'full' })).toMatchObject({ code: 'no-space' });
  });

  test('turns any other error into internal, with the stack', async () => {
    const error = await fail({ act: 'crash' });
    expect(error).toMatchObject({ code: 'internal' });
    expect(error.message).toContain('a bug');
    expect(error.lines?.join('\n')).toContain('echo-worker.js');
  });

  test('that dies without an answer is an error with its last words', async () => {
    const error = await fail({ act: 'vanish', text: 'last words\n' });
    expect(error).toMatchObject({ code: 'internal', lines: ['last words'] });
    expect(error.message).toContain('137');
  });

  test('that dies with a full pipe of words is an error with the last twenty lines', async () => {
    const lines = Array.from({ length: 6000 }, (_, i) => `word ${i}`);
    expect((await fail({ act: 'vanish', text: lines.join('\n') })).lines).toEqual(lines.slice(-20));
  });

  test('writes raw bytes to the fd that it is given', async () => {
    const outputPath = join(folder('output', 0o700, who.uid), 'bytes');
    await work({ act: 'bytes', text: '00ff0a80' }, { outputPath });
    expect(readFileSync(outputPath).toString('hex')).toBe('00ff0a80');
  });

  test('tells messages in order before its answer', async () => {
    const { messages, response } = await work({ act: 'tell', count: 300 });
    expect(response).toBe('told');
    expect(messages).toEqual(Array.from({ length: 300 }, (_, i) => ({ i })));
  });

  test('reads files below a 0700 folder through a bind', async () => {
    const path = join(folder('closed', 0o700, who.uid), 'open');
    mkdirSync(path);
    writeFileSync(join(path, 'file'), 'text');
    chownSync(path, who.uid, who.uid);
    chmodSync(join(path, 'file'), 0o644);
    const binds = [{ path, readOnly: true }];
    expect((await work({ act: 'read', path: join(path, 'file') }, { binds })).response).toBe('text');
  });

  test('cannot write through a read-only bind', async () => {
    const path = folder('fixed', 0o777, who.uid);
    const error = await fail({ act: 'write', path: join(path, 'x'), text: '' }, { binds: [{ path, readOnly: true }] });
    expect(error.message).toContain('EROFS');
  });

  test('does not see what it was not given', async () => {
    const error = await fail({ act: 'read', path: '/etc/hostname' });
    expect(error.message).toContain('ENOENT');
  });

  test('writes into a folder of the container as its root', async () => {
    const path = folder('container', 0o777, who.uid);
    const request = { act: 'write', path: join(path, 'made'), text: 'x' };
    const { response } = await work<number>(request, { binds: [{ path, readOnly: false }], map: 'container' });
    expect(response).toBe(0);
    expect(statSync(join(path, 'made')).uid).not.toBe(who.uid);
  });

  ordinary('keeps the folders of the caller writable under a container map', async () => {
    const path = folder('own', 0o700, who.uid);
    const request = { act: 'write', path: join(path, 'made'), text: 'x' };
    const { response } = await work<number>(request, { binds: [{ path, readOnly: false }], map: 'container' });
    expect(response).toBe(0);
  });

  root('without an id map works with real ids', async () => {
    const path = folder('real', 0o700, 12_345);
    const request = { act: 'write', path: join(path, 'made'), text: 'x' };
    await work(request, { binds: [{ path, readOnly: false }], map: 'host' });
    expect(statSync(join(path, 'made')).uid).toBe(0);
  });

  test('reads a file that it is given and could not open', async () => {
    const path = join(folder('given', 0o700, who.uid), 'file');
    writeFileSync(path, 'of another', { mode: 0o600 });
    chownSync(path, who.uid, who.uid);
    expect((await work({ act: 'input' }, { inputPath: path, map: 'container' })).response).toBe('of another');
  });

  test('waits until it is asked, and ends when it is not', async () => {
    const requests = [
      { act: 'echo', text: 'a' },
      { act: 'echo', text: 'b' },
    ];
    const { responses, left } = await who.ask<{ responses: { text: string }[]; left: string }>({
      action: 'wait',
      requests,
      millis: 300,
    });
    expect(responses.map(({ text }) => text)).toEqual(['a', 'b']);
    expect(left).toBe('');
  });

  ordinary('that cannot be started says so to whoever asks it, and to nobody else', async () => {
    const range = [{ inside: 0, outside: 1, count: 1000 }];
    const map = { uid: range, gid: range };
    const asked = who.fail({ action: 'wait', map, requests: [{ act: 'echo' }], millis: 300 });
    expect(await asked).toMatchObject({ code: 'no-subid-range' });
    expect(await who.ask({ action: 'wait', map, requests: [], millis: 300 })).toMatchObject({ responses: [] });
  });

  test('ends with the reason of an abort', async () => {
    expect(await fail({ act: 'hang' }, { abortOnMessage: true })).toMatchObject({ message: 'enough' });
  });

  test('refuses an id map that overlaps itself', async () => {
    const map = {
      uid: [
        { inside: 0, outside: 100_000, count: 10 },
        { inside: 5, outside: 200_000, count: 10 },
      ],
      gid: [{ inside: 0, outside: 100_000, count: 10 }],
    };
    expect(await fail({ act: 'echo' }, { map })).toMatchObject({ code: 'bad-id-map' });
  });

  ordinary('refuses ids that the user does not have, in the words of newuidmap', async () => {
    const range = [{ inside: 0, outside: 1, count: 1000 }];
    const error = await fail({ act: 'echo' }, { map: { uid: range, gid: range } });
    expect(error).toMatchObject({ code: 'no-subid-range' });
    expect(error.message).toMatch(/newuidmap.*not allowed/);
  });
});
