// Where logins are looked for, and what credential helpers answer: programs that stand on the PATH.

import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { authPlaces } from '../../../../../builder/source/oci/login/auth-places.ts';
import { registryLogins } from '../../../../../builder/source/oci/login/find-login.ts';

const user = { uid: 1000, home: '/home/u' };
const paths = (env: NodeJS.ProcessEnv) => authPlaces(env, user).map(({ path }) => path);

test('the places are those of podman, skopeo and docker, in their order', () => {
  expect(paths({ XDG_RUNTIME_DIR: '/run/user/1000' })).toEqual([
    '/run/user/1000/containers/auth.json',
    '/home/u/.config/containers/auth.json',
    '/home/u/.docker/config.json',
  ]);
  expect(paths({ XDG_CONFIG_HOME: '/c', DOCKER_CONFIG: '/d' })).toEqual([
    '/run/containers/1000/auth.json',
    '/c/containers/auth.json',
    '/d/config.json',
  ]);
  expect(authPlaces({ REGISTRY_AUTH_FILE: '/x', XDG_RUNTIME_DIR: '/y' }, user)).toEqual([
    { path: '/x', isNamed: true },
  ]);
});

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cooper-logins-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const never = new AbortController().signal;
const repository = new URL('https://r.example:5000/library/name');
const env = () => ({ XDG_RUNTIME_DIR: join(folder, 'run'), PATH: `${join(folder, 'bin')}:/usr/bin:/bin` });

let passedOver: string[];
async function look(more: NodeJS.ProcessEnv = {}, signal = never): Promise<string | undefined> {
  passedOver = [];
  const find = registryLogins({ ...env(), ...more }, { uid: 0, home: folder });
  const login = await find(repository, signal, (what) => passedOver.push(what));
  return login && Buffer.from(login.authorization().replace('Basic ', ''), 'base64').toString();
}

function write(path: string, content: object | string): string {
  const file = join(folder, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  return file;
}
const auths = (login: string) => ({ auths: { 'r.example:5000': { auth: Buffer.from(login).toString('base64') } } });

describe('a login', () => {
  test('is that of the first file that has one', async () => {
    expect(await look()).toBeUndefined();
    write('.docker/config.json', auths('docker:1'));
    expect(await look()).toBe('docker:1');
    write('.config/containers/auth.json', auths('config:2'));
    expect(await look()).toBe('config:2');
    write('run/containers/auth.json', { auths: {} });
    expect(await look()).toBe('config:2');
    write('run/containers/auth.json', auths('run:3'));
    expect(await look()).toBe('run:3');
    expect(await look({ REGISTRY_AUTH_FILE: write('named', auths('named:4')) })).toBe('named:4');
  });

  test('is not looked for elsewhere where a file is named, which has to be there', async () => {
    write('.docker/config.json', auths('docker:1'));
    expect(await look({ REGISTRY_AUTH_FILE: write('named', {}) })).toBeUndefined();
    const missing = { REGISTRY_AUTH_FILE: join(folder, 'none') };
    await expect(look(missing)).rejects.toMatchObject({ code: 'registry-login' });
    await expect(look({ REGISTRY_AUTH_FILE: folder })).rejects.toMatchObject({ code: 'registry-login' });
  });
});

/** As somebody who may not read what is at `path`. */
async function lockedOut<T>(path: string, work: () => Promise<T>): Promise<T> {
  const isRoot = process.geteuid?.() === 0;
  const locked = join(folder, path);
  chmodSync(folder, 0o755);
  chmodSync(locked, 0);
  if (isRoot) process.seteuid?.(65_534);
  try {
    return await work();
  } finally {
    if (isRoot) process.seteuid?.(0);
    chmodSync(locked, 0o700);
  }
}

describe('what may not be read', () => {
  test.each(['run', 'run/containers', 'run/containers/auth.json'])('is passed over: %s', async (path) => {
    const file = write('run/containers/auth.json', auths('run:1'));
    write('.docker/config.json', auths('docker:2'));
    expect(await lockedOut(path, look)).toBe('docker:2');
    expect(passedOver).toEqual([`${file} may not be read`]);
    expect(await look()).toBe('run:1');
    expect(passedOver).toEqual([]);
  });

  test('is told where somebody has named it', async () => {
    const named = { REGISTRY_AUTH_FILE: write('named/auth.json', auths('named:1')) };
    const looking = lockedOut('named', () => look(named));
    await expect(looking).rejects.toMatchObject({
      code: 'registry-login',
      message: expect.stringContaining('REGISTRY_AUTH_FILE') as unknown,
    });
  });
});

describe('a credential helper', () => {
  const named = { credHelpers: { 'r.example:5000': 'made' } };
  function writeHelper(script: string): void {
    chmodSync(write('bin/docker-credential-made', `#!/bin/sh\n${script}\n`), 0o755);
    write('.docker/config.json', named);
  }

  test('is asked by its protocol', async () => {
    writeHelper(`echo "$*" >${folder}/words; cat >${folder}/input
      echo '{"ServerURL":"r.example:5000","Username":"name","Secret":"a:b\\u00e9"}'`);
    expect(await look()).toBe('name:a:bé');
    expect(readFileSync(join(folder, 'words'), 'utf8')).toBe('get\n');
    expect(readFileSync(join(folder, 'input'), 'utf8')).toBe('r.example:5000');
  });

  test.each([
    ['that says so', 'echo credentials not found in native keychain; exit 1'],
    ['that answers with nothing', `echo '{"Username":"","Secret":""}'`],
  ])('without a login, %s, leaves it to the next file', async (_, script) => {
    writeHelper(script);
    write('run/containers/auth.json', named);
    write('.docker/config.json', auths('docker:1'));
    expect(await look()).toBe('docker:1');
  });

  test.each([
    ['fails', 'echo hidden; exit 1', 'ended with status 1'],
    ['is killed', 'echo hidden; kill -9 $$', 'a signal'],
    ['says something else', 'echo hidden', 'none of a credential helper'],
    ['says something endless', 'yes hidden', 'a signal'],
    ['leaves the password out', `echo '{"Username":"hidden"}'`, 'none of a credential helper'],
    ['has a token of another kind', `echo '{"Username":"<token>","Secret":"hidden"}'`, 'identity token'],
    ['has a name with a colon', `echo '{"Username":"a:b","Secret":"hidden"}'`, 'colon'],
  ])('that %s is told, without a word of what it says', async (_, script, why) => {
    writeHelper(script);
    const thrown = await look().catch((error: unknown) => error);
    expect(thrown).toMatchObject({
      code: 'registry-login',
      message: expect.stringContaining(why) as unknown,
      next: expect.stringContaining('docker-credential-made get') as unknown,
    });
    expect(inspect(thrown, { depth: 9 })).not.toContain('hidden');
  });

  test('that is not there is passed over', async () => {
    const file = write('run/containers/auth.json', { credsStore: 'desktop' });
    expect(await look()).toBeUndefined();
    expect(passedOver).toEqual([`docker-credential-desktop is not on the PATH; ${file} names it`]);
    write('.docker/config.json', auths('docker:1'));
    expect(await look()).toBe('docker:1');
    expect(await look({ REGISTRY_AUTH_FILE: file })).toBeUndefined();
    expect(passedOver).toHaveLength(1);
  });

  test('that is no program is passed over', async () => {
    writeHelper('exit 0');
    chmodSync(join(folder, 'bin/docker-credential-made'), 0o644);
    expect(await look()).toBeUndefined();
    expect(passedOver).toEqual([expect.stringContaining('docker-credential-made may not be run')]);
  });

  test('ends with the run', async () => {
    writeHelper(`echo $$ >${folder}/pid; exec sleep 600`);
    const stop = new AbortController();
    const looking = look({}, stop.signal);
    const started = () => existsSync(join(folder, 'pid')) && readFileSync(join(folder, 'pid'), 'utf8').trim();
    await expect.poll(started, { timeout: 10_000 }).toMatch(/^\d+$/);
    const pid = started();
    stop.abort(new RangeError('stopped'));
    await expect(looking).rejects.toThrow(RangeError);
    await expect.poll(() => existsSync(`/proc/${pid}`), { timeout: 10_000 }).toBe(false);
  });
});
