import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { withGenerated } from '../../../../../builder/source/debian/install/generated-paths.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'cooper-generated-'));
});
afterEach(() => rmSync(root, { recursive: true }));

function files(...paths: readonly string[]): void {
  for (const path of paths) {
    mkdirSync(join(root, dirname(path)), { recursive: true });
    writeFileSync(join(root, path), '');
  }
}

const owner = (name: string, ...paths: readonly string[]) => ({ layer: 0, source: name, package: name, paths });
const generated = (...owners: readonly ReturnType<typeof owner>[]) =>
  Object.fromEntries(
    withGenerated(root, owners).map(({ package: name, paths }, at) => [name, paths.slice(owners[at]?.paths.length)]),
  );

test('certificates count with ca-certificates, but for those that a package has', () => {
  files('etc/ssl/certs/ca-certificates.crt', 'etc/ssl/certs/Főtanúsítvány.pem', 'etc/ssl/certs/java/cacerts');
  files('etc/ssl/certs/own.pem', 'etc/ssl/openssl.cnf');
  const made = generated(
    owner('ca-certificates', 'etc/ssl', 'etc/ssl/certs'),
    owner('other', 'etc/ssl/certs/own.pem', 'etc/ssl/certs/java'),
  );
  const bytes = Buffer.from('etc/ssl/certs/Főtanúsítvány.pem').toString('latin1');
  expect(made).toEqual({ 'ca-certificates': [bytes, 'etc/ssl/certs/ca-certificates.crt'], other: [] });
});

test('certificates count with nobody where ca-certificates is not installed', () => {
  files('etc/ssl/certs/ca-certificates.crt');
  expect(generated(owner('openssl', 'etc/ssl', 'etc/ssl/certs'))).toEqual({ openssl: [] });
});

test('byte code counts with the package that has the module, also in a folder of several', () => {
  const folder = 'usr/lib/python3/dist-packages';
  files(
    ...['six.py', 'yaml.py', '__pycache__/six.cpython-311.pyc', '__pycache__/six.cpython-311.opt-1.pyc'].map(
      (name) => `${folder}/${name}`,
    ),
    ...['yaml.cpython-311.pyc', 'gone.cpython-311.pyc', 'notes.txt'].map((name) => `${folder}/__pycache__/${name}`),
  );
  const cache = `${folder}/__pycache__`;
  expect(generated(owner('six', folder, `${folder}/six.py`), owner('yaml', folder, `${folder}/yaml.py`))).toEqual({
    six: [cache, `${cache}/six.cpython-311.opt-1.pyc`, `${cache}/six.cpython-311.pyc`],
    yaml: [cache, `${cache}/yaml.cpython-311.pyc`],
  });
});

test('a package whose modules were not compiled has nothing besides', () => {
  files('usr/share/tool/a.py', 'usr/share/tool/b.py/file', 'usr/share/other/__pycache__/a.cpython-311.pyc');
  expect(generated(owner('tool', 'usr/share/tool/a.py', 'usr/share/tool/b.py', 'usr/share/gone/c.py'))).toEqual({
    tool: [],
  });
});
