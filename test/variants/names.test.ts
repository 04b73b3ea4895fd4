import { beforeAll, describe, expect, test } from 'vitest';
import { CooperError } from '../../errors/index.ts';
import {
  hostArchitecture,
  kernelArchitecture,
  loadDefinition,
  parseImageRequest,
  selectImage,
} from '../../variants/index.ts';
import type { Definition } from '../../variants/schema.ts';
import { sample, withDefinition } from './sample.ts';

let definition: Definition;
beforeAll(async () => {
  definition = await withDefinition(sample, async (folder) => (await loadDefinition(folder)).definition);
});

function refusal(name: string): CooperError {
  try {
    selectImage(definition, parseImageRequest(name), 'amd64');
  } catch (error) {
    if (error instanceof CooperError) return error;
    throw error;
  }
  throw new Error(`${name} was accepted`);
}

test.each([
  ['amd64', 'x86_64'],
  ['armhf', 'armv7l'],
  ['riscv64', 'riscv64'],
])('Debian’s %s is the kernel’s %s', (debian, kernel) => {
  expect(kernelArchitecture(debian)).toBe(kernel);
});

describe('a name', () => {
  test('of four parts is taken as it is', () => {
    expect(selectImage(definition, parseImageRequest('sample/new/arm64/mini'), 'amd64')).toEqual({
      distribution: 'sample',
      release: 'new',
      architecture: 'arm64',
      variant: 'mini',
    });
  });

  test('of two parts means the architecture of the host and the variant `default`', () => {
    expect(selectImage(definition, parseImageRequest('sample/new'), 'arm64')).toEqual({
      distribution: 'sample',
      release: 'new',
      architecture: 'arm64',
      variant: 'default',
    });
  });

  test.each(['', 'sample', 'sample/', '/new', 'a/b/c/d/e', 'sample/../x', 'sample/new//mini', 'sample /new'])(
    'like `%s` is bad usage',
    (name) => {
      expect(() => parseImageRequest(name)).toThrow(expect.objectContaining({ code: 'bad-usage', exit: 2 }));
    },
  );
});

describe('what a definition has not', () => {
  test('an unknown release is refused with a near match', () => {
    expect(refusal('sample/nwe')).toMatchObject({
      code: 'unknown-release',
      exit: 2,
      message: 'sample has no release `nwe`; did you mean `new`?',
      lines: ['there are: old, new'],
    });
  });

  test('the version of a release leads to its name', () => {
    expect(refusal('sample/2').message).toBe('sample has no release `2`; did you mean `new`?');
  });

  test('names that every object has are unknown like others', () => {
    expect(refusal('sample/constructor').code).toBe('unknown-release');
    expect(refusal('sample/new/amd64/constructor').code).toBe('unknown-variant');
  });

  test('an unknown architecture is refused with a near match', () => {
    expect(refusal('sample/new/amd46')).toMatchObject({
      code: 'unknown-architecture',
      message: 'sample/new has no architecture `amd46`; did you mean `amd64`?',
    });
  });

  test("the kernel's name of an architecture leads to Debian's", () => {
    expect(refusal('sample/new/x86_64').message).toBe('sample/new has no architecture `x86_64`; did you mean `amd64`?');
  });

  test('a release may lack an architecture of the definition', () => {
    expect(refusal('sample/old/arm64')).toMatchObject({ code: 'unknown-architecture', lines: ['there are: amd64'] });
  });

  test('an unknown variant is refused with a near match', () => {
    expect(refusal('sample/new/amd64/defualt')).toMatchObject({
      code: 'unknown-variant',
      message: 'sample has no variant `defualt`; did you mean `default`?',
    });
  });
});

test('the architecture of the host has the name that dpkg gives it', async () => {
  const { execFileSync } = await import('node:child_process');
  expect(hostArchitecture()).toBe(execFileSync('dpkg', ['--print-architecture'], { encoding: 'utf8' }).trim());
});
