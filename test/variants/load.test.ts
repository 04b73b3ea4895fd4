import { symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadDefinition } from '../../variants/index.ts';
import { changed, faultsIn, sample, sampleTexts, withDefinition } from './sample.ts';

describe('a definition without fault', () => {
  test('loads, with defaults filled in and the texts beside it read', async () => {
    const loaded = await withDefinition(sample, (folder) => loadDefinition(folder));
    expect(loaded.definition.lxc.expiryDays).toBe(30);
    expect(loaded.definition.devices).toBe('standard');
    expect(loaded.definition.files[0]).toMatchObject({ kind: 'content', mode: '0644', owner: 0, group: 0 });
    expect(loaded.texts.get('files/hosts')).toBe('127.0.0.1 localhost\n');
  });

  test('may be named beside a folder that is absent: that is a fault with the file in it', async () => {
    await expect(loadDefinition('/nonexistent/sample')).rejects.toMatchObject({
      code: 'definition-faulty',
      message: 'there is no /nonexistent/sample/definition.yaml',
    });
  });
});

describe('YAML', () => {
  test('a syntax error is shown at its line and hides the faults that follow from it', async () => {
    const faults = await faultsIn(changed('components: [main]\n', 'components: [main\n'));
    expect(faults.length).toBeGreaterThan(0);
    expect(faults[0]).toMatch(/^8:1: /);
    expect(faults.join('\n')).not.toContain('missing key');
  });

  test('a duplicate key is shown at its second place, besides other faults', async () => {
    const faults = await faultsIn(`${changed('version: "2"', 'version: 2')}name: sample\n`);
    expect(faults).toEqual([
      '14:14: releases.new.version: expected text, found 2; put it in quotes',
      '45:1: the key stands here twice',
    ]);
  });

  test.each(['!secret', '!!binary', '!!set'])('the tag %s is a fault', async (tag) => {
    expect(await faultsIn(changed('name: sample', `name: ${tag} sample`))).toContainEqual(
      expect.stringMatching(/^1:7: .*tag/),
    );
  });

  test('a list as a key is a fault', async () => {
    expect(await faultsIn(changed('name: sample', '[name, title]: sample'))).toEqual([
      '1:1: a key has to be plain text',
    ]);
  });

  test('an alias bomb is refused', async () => {
    const level = (name: string, of: string) => `${name}: &${name} [${Array(10).fill(`*${of}`).join(', ')}]\n`;
    const bomb = `a: &a [x]\n${level('b', 'a')}${level('c', 'b')}${level('d', 'c')}${level('e', 'd')}`;
    expect(await faultsIn(bomb)).toEqual([expect.stringMatching(/^1:1: .*alias/)]);
  });

  test('an empty file is a fault', async () => {
    expect(await faultsIn('')).toEqual(['1:1: expected a mapping, found nothing']);
  });

  test('a second document is a fault', async () => {
    expect((await faultsIn(`${sample}---\nname: other\n`)).length).toBe(1);
  });
});

describe('keys and values', () => {
  test('mirrors for an architecture that the definition does not have are a fault', async () => {
    const own =
      'byArchitecture: { arm46: { main: "http://ports.example/sample", security: "http://ports.example/sample" } }';
    expect(await faultsIn(changed('.example/sample" }', `.example/sample", ${own} }`))).toEqual([
      expect.stringMatching(/^6:\d+: `arm46` is not among the architectures here; did you mean `arm64`\?$/),
    ]);
  });

  test('an unknown key is shown at the key, with what it may have meant', async () => {
    expect(await faultsIn(changed('recommends: true', 'recomends: true'))).toEqual([
      '25:5: unknown key `recomends`; did you mean `recommends`?',
    ]);
  });

  test('an unknown key inside one branch of a choice is found', async () => {
    expect(await faultsIn(changed('when: { releases: [new] }', 'when: { release: [new] }'))).toEqual([
      '29:44: unknown key `release`; did you mean `releases`?',
    ]);
  });

  test('a missing key is shown at the mapping that lacks it', async () => {
    expect(await faultsIn(changed('  createMessage: lxc/create-message\n', ''))).toEqual([
      '41:3: missing key `createMessage`',
    ]);
  });

  test('a mode that YAML read as a number is to be put in quotes', async () => {
    expect(await faultsIn(changed('mode: "0755"', 'mode: 0755'))).toEqual([
      '37:64: files.1.mode: expected text, found 755; put it in quotes',
    ]);
  });

  test('a choice that does not exist is shown with the near one', async () => {
    expect(await faultsIn(changed('base: required', 'base: requird'))).toEqual([
      '21:11: variants.mini.base: expected `essential` or `required` or `important` or `standard`, found `requird`; did you mean `required`?',
    ]);
  });

  test('a source of an unknown kind is a fault', async () => {
    const [fault] = await faultsIn(changed('kind: debian', 'kind: debain'));
    expect(fault).toMatch(/^4:9: source\.kind: .*`debian`/);
  });

  test('a wrong package name is shown at its place in the list', async () => {
    expect(await faultsIn(changed('[alpha, beta]', '[alpha, Beta]'))).toEqual([
      '22:23: variants.mini.packages.1: expected a package name',
    ]);
  });

  test('a wrong name of a release is shown at the key', async () => {
    expect(await faultsIn(changed('  old:\n', '  OLD:\n'))).toEqual([
      '9:3: expected a name of lower-case letters, digits and . + ~ _ -',
    ]);
  });

  test.each([
    ['relative', 'etc/hosts'],
    ['with ..', '/etc/../hosts'],
    ['with //', '/etc//hosts'],
    ['the root', '/'],
    ['with a trailing slash', '/etc/hosts/'],
  ])('a file path that is %s is refused', async (_, path) => {
    expect((await faultsIn(changed('path: /etc/hosts', `path: ${path}`)))[0]).toMatch(/^36:13: files\.0\.path: /);
  });

  test('a mirror with a password in it is refused', async () => {
    const yaml = changed('http://archive.example', 'http://user:pw@archive.example');
    expect(await faultsIn(yaml)).toEqual([
      '6:20: source.mirrors.main: expected a URL without credentials, query or fragment',
    ]);
  });

  test('a file with both content and from is a fault', async () => {
    const yaml = changed('from: files/hosts', 'from: files/hosts, content: x');
    expect(await faultsIn(yaml)).toEqual(['36:5: files.0: give one of `content` and `from`']);
  });
});

describe('references', () => {
  test('an unknown parent is shown with near matches', async () => {
    expect(await faultsIn(changed('extends: mini', 'extends: mni'))).toEqual([
      '24:14: `default` extends `mni`, which is not a variant here; did you mean `mini`?',
    ]);
  });

  test('a circle of variants is shown at each of its links', async () => {
    const yaml = changed('    base: required\n', '    base: required\n    extends: default\n');
    expect(await faultsIn(yaml)).toEqual([
      '22:14: `mini` extends itself: mini → default → mini',
      '25:14: `default` extends itself: default → mini → default',
    ]);
  });

  test('a variant that extends itself is a circle', async () => {
    expect(await faultsIn(changed('extends: mini', 'extends: default'))).toEqual([
      '24:14: `default` extends itself: default → default',
    ]);
  });

  test('a chain without a base is a fault of its root', async () => {
    expect(await faultsIn(changed('    base: required\n', ''))).toEqual([
      '21:5: `mini` extends no other variant and therefore needs `base`',
    ]);
  });

  test('conditions may name only what there is', async () => {
    const faults = await faultsIn(changed('{ releases: [new] }', '{ releases: [nwe], variants: [ful] }'));
    expect(faults).toEqual([
      expect.stringMatching(/`nwe` is not among the releases here; did you mean `new`\?$/),
      expect.stringMatching(/`ful` is not among the variants here$/),
    ]);
  });

  test('an empty condition is a fault', async () => {
    expect(await faultsIn(changed('when: { releases: [new] }', 'when: {}'))).toEqual([
      expect.stringContaining('when: name releases, architectures or variants'),
    ]);
  });

  test('a release may only have architectures of the definition', async () => {
    expect(await faultsIn(changed('architectures: [amd64]', 'architectures: [amd46]'))).toEqual([
      '12:21: `amd46` is not among the architectures here; did you mean `amd64`?',
    ]);
  });

  test('the name has to be that of the folder', async () => {
    expect(await faultsIn(changed('name: sample', 'name: simple'))).toEqual([
      '1:7: name: `simple` is in a folder called `sample`',
    ]);
  });
});

describe('duplicates', () => {
  test('two files of one path for the same images are a fault', async () => {
    const second = '  - { path: /etc/hosts, content: "x", when: { variants: [large] } }\nactions:\n';
    expect(await faultsIn(changed('actions:\n', second))).toEqual(['38:13: `/etc/hosts` is placed twice in one image']);
  });

  test('two files of one path for different images are none', async () => {
    const files =
      '  - { path: /etc/os, content: "1", when: { releases: [old] } }\n  - { path: /etc/os, content: "2", when: { releases: [new] } }\nactions:\n';
    expect(await faultsIn(changed('actions:\n', files))).toEqual([]);
  });

  test('packages, actions and architectures are named once', async () => {
    const action = '  - { name: locales, trigger: post-files, script: "true" }\nlxc:\n';
    const yaml = changed(
      'lxc:\n',
      action,
      changed('[alpha, beta]', '[alpha, alpha]', changed('[amd64, arm64]', '[amd64, arm64, arm64]')),
    );
    expect((await faultsIn(yaml)).map((fault) => fault.replace(/^[\d:]+ /, ''))).toEqual([
      'the architecture `arm64` is named twice',
      'the package `alpha` is named twice',
      'the action `locales` is named twice',
    ]);
  });
});

describe('texts beside the definition', () => {
  const withFrom = (from: string) => changed('from: files/hosts', `from: ${from}`);

  test('one that is missing is shown where it is named', async () => {
    expect(await faultsIn(withFrom('files/host'))).toEqual(['36:31: `files/host` does not exist']);
  });

  test('a path upwards leaves the folder even when there is such a file', async () => {
    await withDefinition(withFrom('../secret'), async (folder) => {
      await writeFile(join(folder, '..', 'secret'), 'x');
      await expect(loadDefinition(folder)).rejects.toMatchObject({
        lines: [expect.stringContaining('`../secret` leaves the folder of the definition')],
      });
    });
  });

  test('a link that leads out of the folder is refused', async () => {
    await withDefinition(withFrom('files/link'), async (folder) => {
      await symlink('/etc/passwd', join(folder, 'files/link'));
      await expect(loadDefinition(folder)).rejects.toMatchObject({
        lines: [expect.stringContaining('`files/link` leaves the folder of the definition')],
      });
    });
  });

  test('an absolute path is refused', async () => {
    expect((await faultsIn(withFrom('/etc/passwd')))[0]).toMatch(/expected a path relative to the definition/);
  });

  test('a folder is not a text', async () => {
    expect(await faultsIn(withFrom('files'))).toEqual(['36:31: `files` is not a file']);
  });

  test('bytes that are not UTF-8 are not a text', async () => {
    const texts = { ...sampleTexts, 'files/hosts': Uint8Array.of(0xff, 0xfe, 0x00) };
    expect(await faultsIn(sample, texts)).toEqual(['36:31: `files/hosts` is not UTF-8 text']);
  });

  test('texts of lxc are looked for too', async () => {
    expect(await faultsIn(changed('config: lxc/config\n', 'config: lxc/confg\n'))).toEqual([
      '41:11: `lxc/confg` does not exist',
    ]);
  });
});

test('faults of all kinds are reported in one reading, in the order of the file', async () => {
  const yaml = [
    ['name: sample', 'name: simple'],
    ['version: "1"', 'version: 1'],
    ['extends: mini', 'extends: mni'],
    ['from: files/hosts', 'from: files/none'],
    ['templates:', 'template:'],
  ].reduce((text, [from = '', to = '']) => changed(from, to, text), sample);
  const faults = await faultsIn(yaml);
  expect(faults.map((fault) => Number(fault.split(':')[0]))).toEqual([1, 10, 24, 36, 44]);
});
