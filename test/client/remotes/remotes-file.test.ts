import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { noRemotes, type Remotes, withDefault, withRemote } from '../../../client/remotes/remotes.ts';
import { changeRemotes, readRemotes } from '../../../client/remotes/remotes-file.ts';
import type { Fingerprint } from '../../../keys/index.ts';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'cooper-remotes-'));
});
afterEach(() => rmSync(home, { recursive: true }));

const place = () => ({ path: home, trust: join(home, 'trust') });
const file = () => join(home, 'remotes.json');
const remote = { servers: ['https://one.example/', 'http://two.example:8080/images/'] };
const adding = (name: string) => (remotes: Remotes) => withRemote(remotes, name, remote);

it('a home without the file has no remotes', async () => {
  expect(await readRemotes(place())).toEqual(noRemotes);
});

it('what is written is read back, and nothing else stays', async () => {
  const whole = { ...remote, keyid: 'A'.repeat(40) as Fingerprint, ca: '/etc/ca.crt' };
  await changeRemotes(place(), (remotes) => withDefault(withRemote(remotes, 'up', whole), 'up'));
  expect(await readRemotes(place())).toEqual({ default: 'up', byName: new Map([['up', whole]]) });
  expect(readdirSync(home).sort()).toEqual(['remotes.json', 'trust']);
});

it('everybody may read it, the owner alone may write, whatever it was before', async () => {
  await changeRemotes(place(), adding('one'));
  chmodSync(file(), 0o666);
  await changeRemotes(place(), adding('two'));
  expect(statSync(file()).mode & 0o777).toBe(0o644);
});

it('eight that write at once all get in', async () => {
  const names = Array.from({ length: 8 }, (_, number) => `r${number}`);
  await Promise.all(names.map((name) => changeRemotes(place(), adding(name))));
  expect([...(await readRemotes(place())).byName.keys()].sort()).toEqual(names);
});

it('of two that add the same name one is refused', async () => {
  const ends = await Promise.allSettled([changeRemotes(place(), adding('up')), changeRemotes(place(), adding('up'))]);
  expect(ends.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  expect(ends.find(({ status }) => status === 'rejected')).toMatchObject({ reason: { code: 'remote-exists' } });
});

it('a change that is refused leaves the file as it was', async () => {
  await changeRemotes(place(), adding('up'));
  const before = readFileSync(file());
  await expect(changeRemotes(place(), adding('up'))).rejects.toMatchObject({ code: 'remote-exists' });
  expect(readFileSync(file())).toEqual(before);
});

const document = (change: object) =>
  JSON.stringify({ schemaVersion: 1, kind: 'cooper.remotes', remotes: { up: remote }, ...change });

it.each([
  ['nothing', ''],
  ['half of itself', document({}).slice(0, 40)],
  ['a list', '[]'],
  ['no servers', document({ remotes: { up: { servers: [] } } })],
  ['a server that is no URL', document({ remotes: { up: { servers: ['one'] } } })],
  ['a server of another scheme', document({ remotes: { up: { servers: ['file:///etc'] } } })],
  ['half a fingerprint', document({ remotes: { up: { ...remote, keyid: 'A'.repeat(16) } } })],
  ['a relative file', document({ remotes: { up: { ...remote, ca: 'ca.crt' } } })],
  ['a name that none can have', document({ remotes: { local: remote } })],
  ['a default that is not there', document({ default: 'other' })],
  ['a default that every object has', document({ default: 'constructor' })],
  ['a critical field that is unknown', document({ critical: ['mirrors'] })],
])('a file with %s is refused and left alone', async (_, text) => {
  writeFileSync(file(), text);
  await expect(readRemotes(place())).rejects.toMatchObject({ code: 'remotes-invalid', exit: 2 });
  await expect(changeRemotes(place(), adding('new'))).rejects.toMatchObject({ code: 'remotes-invalid' });
  expect(readFileSync(file(), 'utf8')).toBe(text);
});

it('a file of a later version is refused as such, and left alone', async () => {
  const text = document({ schemaVersion: 2, remotes: [] });
  writeFileSync(file(), text);
  await expect(readRemotes(place())).rejects.toMatchObject({
    code: 'home-too-new',
    message: expect.stringContaining('version 2'),
  });
  await expect(changeRemotes(place(), adding('new'))).rejects.toMatchObject({ code: 'home-too-new' });
  expect(readFileSync(file(), 'utf8')).toBe(text);
});

it('fields that are unknown and not critical do no harm', async () => {
  writeFileSync(file(), document({ colour: 'green' }));
  expect([...(await readRemotes(place())).byName.keys()]).toEqual(['up']);
});
