// Holds the project to its own plan: docs/DESIGN.md ("Folders") and docs/STYLE.md. Every rule is shown to find a planted breach.

import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { describe, expect, test } from 'vitest';
import { blank } from './blank.ts';
import { functionsOf } from './functions.ts';
import {
  endlessImports,
  forbiddenImports,
  importCycles,
  ownIndexImports,
  signingImports,
  slowWorkers,
  unknownFolders,
} from './import-rules.ts';
import { emptyNamed, headless, longFiles, longFunctions } from './shape-rules.ts';
import { allImports, importsOf, readSources } from './sources.ts';

const sources = readSources(dirname(createRequire(import.meta.url).resolve('#root/package.json')));
const imports = allImports(sources);

test('the sources are found', () => {
  expect(sources.map(({ path }) => path)).toEqual(
    expect.arrayContaining(['errors/table.ts', 'native/box/main.c', 'test/architecture/blank.ts']),
  );
  expect(imports.length).toBeGreaterThan(sources.length);
});

test('every import of a file of the project leads to a file', () => {
  const paths = new Set(sources.map(({ path }) => path));
  const generated = /\.json$|^dist\//;
  expect(imports.filter(({ to }) => !paths.has(to) && !generated.test(to))).toEqual([]);
});

describe('imports', () => {
  const planted = (from: string, to: string) => [{ from, to }];

  test('between folders are those of the table', () => {
    expect(forbiddenImports(imports)).toEqual([]);
    expect(unknownFolders(sources.map(({ path }) => path))).toEqual([]);
  });

  test.each([
    ['of a folder that is not in the row', 'variants/load.ts', 'native/index.ts'],
    ['past the index', 'builder/build.ts', 'native/box.ts'],
    ['of more than the identity', 'client/create.ts', 'variants/index.ts'],
    ['of the server by the client', 'client/create.ts', 'server/index.ts'],
    ['of the client by what serves', 'server/serve/serve.ts', 'client/index.ts'],
    ['of tests', 'builder/build.ts', 'test/gate/sample-root.ts'],
  ])('%s are found', (_, from, to) => {
    expect(forbiddenImports(planted(from, to))).toEqual([`${from} imports ${to}`]);
  });

  test('of single files are for workers, and only from folders of their row', () => {
    expect(forbiddenImports(planted('client/unpack/unpack-worker.ts', 'image/xz.ts'))).toEqual([]);
    expect(forbiddenImports(planted('client/unpack/unpack-worker.ts', 'builder/build.ts'))).toHaveLength(1);
  });

  test('a folder without a row is found', () => {
    expect(unknownFolders(['fleet/queue.ts', 'errors/table.ts'])).toEqual(['fleet']);
  });

  test('private keys are touched by cli and server/publish alone', () => {
    expect(signingImports(imports)).toEqual([]);
  });

  test.each(['builder/build.ts', 'server/serve/http.ts', 'client/create.ts', 'keys/index.ts'])(
    'the use of a private key by %s is found',
    (from) => {
      expect(signingImports(planted(from, 'keys/sign.ts'))).toHaveLength(1);
    },
  );

  test('no folder imports its own index', () => {
    expect(ownIndexImports(imports)).toEqual([]);
  });

  test('the import of the own index is found, also from below', () => {
    expect(ownIndexImports(planted('image/pack.ts', 'image/index.ts'))).toHaveLength(1);
    expect(ownIndexImports(planted('image/tree/read.ts', 'image/index.ts'))).toHaveLength(1);
    expect(ownIndexImports(planted('image/pack.ts', 'native/index.ts'))).toEqual([]);
  });

  test('are in no circle', () => {
    expect(importCycles(imports)).toEqual([]);
  });

  test('circles are found', () => {
    const circle = [...planted('a.ts', 'b.ts'), ...planted('b.ts', 'c.ts'), ...planted('c.ts', 'b.ts')];
    expect(importCycles(circle)).toEqual(['b.ts → c.ts → b.ts']);
    expect(importCycles(planted('a.ts', 'a.ts'))).toEqual(['a.ts → a.ts']);
    expect(importCycles(circle.slice(0, 2))).toEqual([]);
  });

  test('of workers lead to no package that is slow to load', () => {
    expect(slowWorkers(imports, sources)).toEqual([]);
  });

  test('a slow package that a worker loads is found, a type of it is none', () => {
    const text = "import * as z from 'zod';\n";
    const slow = [...planted('image/pack-worker.ts', 'image/pack.ts'), ...planted('image/pack.ts', 'image/lock.ts')];
    expect(slowWorkers(slow, [{ path: 'image/lock.ts', text }])).toEqual(['image/pack-worker.ts loads image/lock.ts']);
    const types = slow.map((each) => ({ ...each, typesOnly: true as const }));
    expect(slowWorkers(types, [{ path: 'image/lock.ts', text }])).toEqual([]);
  });

  test('end as node needs it', () => {
    expect(endlessImports(imports)).toEqual([]);
    expect(endlessImports(planted('a.ts', 'b'))).toHaveLength(1);
  });

  test('of every form are read, those in comments and strings of code are not', () => {
    const text = [
      "import { a,\n  b } from './one.ts';",
      "import type { C } from '../two.ts';",
      "export { d } from './three.ts';",
      "export * from './four.ts';",
      "import './five.ts';",
      "const six = await import('./six.ts');",
      "import fs from 'node:fs';",
      "// import { x } from './no.ts';",
      "/* export { x } from './no.ts'; */",
      "const text = `\nimport './no.ts';\n`;",
    ].join('\n');
    expect(
      importsOf({ path: 'image/tree/read.ts', text })
        .map(({ to }) => to)
        .sort(),
    ).toEqual([
      'image/tree/five.ts',
      'image/tree/four.ts',
      'image/tree/one.ts',
      'image/tree/six.ts',
      'image/tree/three.ts',
      'image/two.ts',
    ]);
  });
});

describe('sizes and names', () => {
  const file = (path: string, text: string) => [{ path, text }];
  const lines = (count: number) => 'x;\n'.repeat(count);

  test('files have at most 400 lines', () => {
    expect(longFiles(sources)).toEqual([]);
  });

  test('a file of 401 lines is found, one of 400 is not', () => {
    expect(longFiles(file('image/a.ts', lines(401)))).toEqual(['image/a.ts has 401 lines']);
    expect(longFiles(file('image/a.ts', lines(400)))).toEqual([]);
  });

  test('functions have at most 60 lines', () => {
    expect(longFunctions(sources)).toEqual([]);
  });

  test.each([
    ['declaration', 'function f<T extends { a: string }>(a: T): { b: string } {\n', '}\n'],
    ['declaration with a promised type', 'async function f(): Promise<{ a: string } | undefined> {\n', '}\n'],
    ['method', 'class A {\n  async #f(a: string): Promise<void> {\n', '}\n}\n'],
    ['arrow function', 'const f = (a: string) => {\n', '};\n'],
    ['arrow function with an expression', 'const f = () => g(\n', ');\n'],
    ['callback', "stages.run('a', async (report) => {\n", '});\n'],
  ])('a %s that is longer is found, whatever braces are in strings', (_, open, close) => {
    const inside = (count: number) => "'}'; /[}]/; // }\n".repeat(count);
    expect(longFunctions(file('image/a.ts', open + inside(60) + close))).toHaveLength(1);
    expect(longFunctions(file('image/a.ts', open + inside(58) + close))).toEqual([]);
  });

  test('calls, conditions and groups of tests are no functions', () => {
    const long = `if (a) {\n${lines(70)}}\nconst x = a ? f(1) : {\n${'  a: 1,\n'.repeat(70)}};\n`;
    expect(longFunctions(file('image/a.ts', long))).toEqual([]);
    expect(longFunctions(file('test/a.ts', `describe('a', () => {\n${lines(70)}});\n`))).toEqual([]);
  });

  test('no name is empty of meaning', () => {
    expect(emptyNamed(sources)).toEqual([]);
  });

  test.each(['image/utils.ts', 'shared/a.ts', 'image/tar-helpers.ts', 'client/container/manager.ts', 'misc/a.c'])(
    'the name %s is found',
    (path) => {
      expect(emptyNamed(file(path, ''))).toEqual([path]);
    },
  );

  test('files say first what they own', () => {
    expect(headless(sources)).toEqual([]);
    expect(headless(file('image/a.ts', "import x from './b.ts';\n"))).toEqual(['image/a.ts']);
  });
});

describe('the reading of sources', () => {
  test('blanks comments, strings and regular expressions and keeps lines', () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the text of a source
    const text = 'a("{"); // {\nb = /[/{]/.test(c) / 2 / 3;\n/* {\n */ d(`{${e({ f: `}` })}{`);\n';
    const code = blank(text, { strings: true });
    expect(code.split('\n').map((line) => line.length)).toEqual(text.split('\n').map((line) => line.length));
    expect(code.replaceAll(/\s+/g, ' ').trim()).toBe('a( ); b = .test(c) / 2 / 3; d( e({ f: }) );');
  });

  test('measures functions from their head to their last brace', () => {
    const text = 'const a = 1;\nexport function f(\n  b: number,\n): number {\n  return b;\n}\n';
    expect(functionsOf(text)).toEqual([{ line: 2, lines: 5, head: 'export function f(' }]);
  });
});
