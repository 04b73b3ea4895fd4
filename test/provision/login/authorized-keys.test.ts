import { chmodSync, existsSync, lstatSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { requireAccount } from '../../../provision/login/account-files.ts';
import { addAuthorizedKeys } from '../../../provision/login/authorized-keys.ts';
import { Root } from '../../../provision/root.ts';
import { sampleAccounts } from './sample-accounts.ts';

let sample: ReturnType<typeof sampleAccounts>;
beforeEach(() => {
  sample = sampleAccounts();
});
afterEach(() => sample.remove());

const file = 'home/bob/.ssh/authorized_keys';
const key = 'ssh-ed25519 AAAA me';
const add = (user = 'bob', keys = [key]) => {
  const root = new Root(sample.root);
  addAuthorizedKeys(root, requireAccount(root, user), keys);
};
const modeOf = (path: string) => lstatSync(sample.at(path)).mode & 0o7777;

test('are in a folder and a file that are closed to others, whatever the umask', () => {
  const before = process.umask(0o077);
  try {
    add();
  } finally {
    process.umask(before);
  }
  expect(sample.read(file)).toBe(`${key}\n`);
  expect([modeOf('home/bob/.ssh'), modeOf(file)]).toEqual([0o700, 0o600]);
});

test('come behind those that are there, which are closed now', () => {
  const { at, bytes } = sample;
  bytes(file, '# \xff first\nold key');
  chmodSync(at(file), 0o666);
  chmodSync(at('home/bob/.ssh'), 0o777);
  add('bob', ['old key', key]);
  expect(sample.read(file)).toBe(`# \xff first\nold key\n${key}\n`);
  expect([modeOf('home/bob/.ssh'), modeOf(file)]).toEqual([0o700, 0o600]);
});

test('are found by the links of the root on the way to the home', () => {
  const { at, read } = sample;
  mkdirSync(at('var'));
  rmSync(at('home'), { recursive: true });
  mkdirSync(at('var/people/bob'), { recursive: true });
  symlinkSync('/var/people', at('home'));
  add();
  expect(read('var/people/bob/.ssh/authorized_keys')).toBe(`${key}\n`);
});

test.each<[string, () => void]>([
  ['.ssh is a link', () => symlinkSync('/etc', sample.at('home/bob/.ssh'))],
  ['.ssh is a file', () => sample.write('home/bob/.ssh')],
  [
    'authorized_keys is a link',
    () => {
      mkdirSync(sample.at('home/bob/.ssh'));
      symlinkSync('/etc/passwd', sample.at(file));
    },
  ],
  ['authorized_keys is a folder', () => sample.write(`${file}/x`)],
])('are refused where %s', (_what, make) => {
  make();
  const before = [modeOf('etc'), sample.read('etc/passwd')];
  expect(() => add()).toThrow(expect.objectContaining({ code: 'file-misplaced' }));
  expect([modeOf('etc'), sample.read('etc/passwd')]).toEqual(before);
});

test.each([
  ['is not there', () => rmSync(sample.at('home'), { recursive: true })],
  [
    'leads out of the root',
    () => {
      rmSync(sample.at('home'), { recursive: true });
      symlinkSync(sample.folder, sample.at('home'));
    },
  ],
  [
    'is a file',
    () => {
      rmSync(sample.at('home'), { recursive: true });
      sample.write('home/bob');
    },
  ],
])('need a home: one that %s is refused', (_what, spoil) => {
  spoil();
  expect(() => add()).toThrow(
    expect.objectContaining({ code: 'home-missing', message: 'bob has no home folder in the root (/home/bob)' }),
  );
  expect(existsSync(`${sample.folder}/bob`)).toBe(false);
});
