import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  findRemote,
  noRemotes,
  type Remotes,
  renamedRemote,
  splitRemote,
  withDefault,
  withoutRemote,
  withRemote,
} from '../../../client/remotes/remotes.ts';

const remote = (host: string) => ({ servers: [`https://${host}/`] });
const two = withRemote(withRemote(noRemotes, 'one', remote('one.example')), 'two', remote('two.example'));
const names = ({ byName }: Remotes) => [...byName.keys()];
const refused = (code: string) => expect.objectContaining({ code });

describe('what is typed', () => {
  it.each([
    ['up:debian/bookworm', { remote: 'up', rest: 'debian/bookworm' }],
    ['up:', { remote: 'up', rest: '' }],
    ['a.b-c:x', { remote: 'a.b-c', rest: 'x' }],
    ['debian/bookworm', { rest: 'debian/bookworm' }],
    ['', { rest: '' }],
    ['-up:debian', { rest: '-up:debian' }],
    ['Up:debian', { rest: 'Up:debian' }],
    [':debian', { rest: ':debian' }],
  ])('%j is %j', (text, split) => {
    expect(splitRemote(text)).toEqual(split);
  });

  it('is a remote and the rest, for every name', () => {
    const name = fc.stringMatching(/^[a-z0-9][a-z0-9.-]{0,63}$/);
    fc.assert(
      fc.property(name, fc.string(), (each, rest) => {
        expect(splitRemote(`${each}:${rest}`)).toEqual({ remote: each, rest });
      }),
    );
  });
});

describe('a name', () => {
  it.each(['', 'local', 'Up', '-up', '.up', 'a b', 'a/b', 'a:b', 'x'.repeat(65)])('cannot be %j', (name) => {
    expect(() => withRemote(noRemotes, name, remote('x.example'))).toThrowError(refused('bad-usage'));
    expect(() => renamedRemote(two, 'one', name)).toThrowError(refused('bad-usage'));
  });

  it('that is taken is refused', () => {
    expect(() => withRemote(two, 'one', remote('x.example'))).toThrowError(refused('remote-exists'));
    expect(() => renamedRemote(two, 'one', 'two')).toThrowError(refused('remote-exists'));
  });

  it.each(['constructor', 'tow'])('that is not there is refused: %s', (name) => {
    expect(() => findRemote(two, name)).toThrowError(refused('remote-not-found'));
    expect(() => withoutRemote(two, name)).toThrowError(refused('remote-not-found'));
    expect(() => withDefault(two, name)).toThrowError(refused('remote-not-found'));
  });

  it('is told when it is near', () => {
    expect(() => findRemote(two, 'tow')).toThrowError(expect.objectContaining({ lines: ['there is two'] }));
  });
});

describe('the default', () => {
  const preferring = withDefault(two, 'two');

  it('goes with its remote', () => {
    expect(withoutRemote(preferring, 'two')).toMatchObject({ default: undefined });
    expect(withoutRemote(preferring, 'one')).toMatchObject({ default: 'two' });
  });

  it('follows a new name, which stands in the old one’s place', () => {
    const renamed = renamedRemote(withDefault(two, 'one'), 'one', 'first');
    expect(renamed.default).toBe('first');
    expect(names(renamed)).toEqual(['first', 'two']);
    expect(findRemote(renamed, 'first')).toEqual(remote('one.example'));
  });

  it('is the own tree again with local', () => {
    expect(withDefault(preferring, 'local').default).toBeUndefined();
  });
});
