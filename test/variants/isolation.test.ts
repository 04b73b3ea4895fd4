import { describe, expect, test } from 'vitest';
import { inputsDigest } from '../../builder/plan/inputs.ts';
import { isolationDefaults, loadDefinition, resolveImage } from '../../variants/index.ts';
import { sample, sampleTexts, withDefinition } from './sample.ts';

const id = { distribution: 'sample', release: 'new', architecture: 'amd64', variant: 'mini' };
const resolved = (more: string) =>
  withDefinition(`${sample}\n${more}`, async (folder) => resolveImage(await loadDefinition(folder), id), sampleTexts);
const faults = async (more: string): Promise<string> => {
  const failure: unknown = await resolved(more).catch((error: unknown) => error);
  if (!(failure instanceof Error) || !('lines' in failure)) throw new Error(`no fault: ${more}`);
  return (failure.lines as readonly string[]).join('\n');
};

describe('the network of scripts', () => {
  test('is none by default', async () => {
    expect((await resolved('')).network).toEqual({ kind: 'none' });
  });

  test('is none when that is said', async () => {
    expect((await resolved('network: none')).network).toEqual({ kind: 'none' });
  });

  test('is a proxy to the upstreams that are listed', async () => {
    const text = 'network: { proxy: { upstreams: { pypi: "https://pypi.org/simple" }, limit: 16M } }';
    const upstreams = [{ name: 'pypi', url: 'https://pypi.org/simple' }];
    expect((await resolved(text)).network).toEqual({ kind: 'proxy', upstreams, limit: 16 * 2 ** 20 });
  });

  test.each([
    ['everything', 'network: all', 'network'],
    ['no upstream', 'network: { proxy: { upstreams: {} } }', 'at least one upstream'],
    [
      'an upstream by another scheme',
      'network: { proxy: { upstreams: { a: "ftp://x.example" } } }',
      'http or https URL',
    ],
    ['a password', 'network: { proxy: { upstreams: { a: "https://u:p@x.example" } } }', 'without credentials'],
    ['a query', 'network: { proxy: { upstreams: { a: "https://x.example/?q" } } }', 'without credentials'],
    ['a limit that is no size', 'network: { proxy: { upstreams: { a: "https://x.example" }, limit: lots } }', 'limit'],
    ['a limit of nothing', 'network: { proxy: { upstreams: { a: "https://x.example" }, limit: 0 } }', 'limit'],
    ['a key that is not known', 'network: { proxy: { upstream: {} } }', 'upstream'],
  ])('with %s is a fault', async (_, text, words) => {
    expect(await faults(text)).toContain(words);
  });
});

describe('isolation', () => {
  test('has its safe defaults', async () => {
    const { fetchLimit: _, ...defaults } = isolationDefaults;
    expect((await resolved('')).isolation).toEqual({ ...defaults, shareNamespaces: [], seccomp: 'guarded', binds: [] });
  });

  test('is what the definition says', async () => {
    const { isolation } = await resolved(`
isolation:
  shareNamespaces: [uts]
  capabilities: [chown]
  seccomp: "off"
  memory: 512M
  pids: 100
  seconds: 60
  binds:
    - { source: /srv/data, target: /run/data }
`);
    expect(isolation).toEqual({
      shareNamespaces: ['uts'],
      capabilities: ['chown'],
      seccomp: 'off',
      memory: 512 * 2 ** 20,
      pids: 100,
      seconds: 60,
      binds: [{ source: '/srv/data', target: '/run/data' }],
    });
  });

  test.each([
    ['a namespace that cannot be shared', 'isolation: { shareNamespaces: [net] }', 'shareNamespaces'],
    ['a capability that there is not', 'isolation: { capabilities: [fly] }', 'capabilities'],
    ['a capability in capitals', 'isolation: { capabilities: [CAP_CHOWN] }', 'capabilities'],
    ['another filter', 'isolation: { seccomp: strict }', 'seccomp'],
    ['memory in words', 'isolation: { memory: 4 gigabytes }', 'memory'],
    ['more memory than numbers can count', 'isolation: { memory: 99999999T }', 'memory'],
    ['too few processes', 'isolation: { pids: 3 }', 'pids'],
    ['no time', 'isolation: { seconds: 0 }', 'seconds'],
    ['a relative path', 'isolation: { binds: [{ source: srv, target: /run/x }] }', 'an absolute path'],
    ['a path with ..', 'isolation: { binds: [{ source: /srv/../etc, target: /run/x }] }', 'without . and ..'],
    [
      'a target that would stay in the image',
      'isolation: { binds: [{ source: /srv, target: /etc/x }] }',
      'below /run or /tmp',
    ],
    ['a target that leaves /run', 'isolation: { binds: [{ source: /srv, target: /run/../etc }] }', 'without . and ..'],
    [
      'a bind that may be written to',
      'isolation: { binds: [{ source: /srv, target: /run/x, writable: true }] }',
      'writable',
    ],
  ])('with %s is a fault', async (_, text, words) => {
    expect(await faults(text)).toContain(words);
  });
});

describe('the filter of blocks', () => {
  const of = async (more: string, architecture = 'amd64') =>
    withDefinition(
      `${sample}\n${more}`,
      async (folder) => resolveImage(await loadDefinition(folder), { ...id, architecture }).filter,
      sampleTexts,
    );

  test('is none by default', async () => {
    expect(await of('')).toBe('plain');
    expect(await of('rootfs: {}')).toBe('plain');
  });

  test('is that of x86 where the definition wants it and the machine is one', async () => {
    expect(await of('rootfs: { filter: x86 }')).toBe('x86');
    expect(await of('rootfs: { filter: x86 }', 'arm64')).toBe('plain');
  });

  test('belongs to what decides the bytes of an image', async () => {
    const inputs = async (more: string) => inputsDigest(await resolved(more), [], { builderVersion: '0' });
    expect(await inputs('rootfs: { filter: x86 }')).not.toBe(await inputs(''));
    expect(await inputs('rootfs: { filter: plain }')).toBe(await inputs(''));
  });

  test.each([
    ['rootfs: { filter: arm64 }', 'rootfs.filter'],
    ['rootfs: { filter: true }', 'rootfs.filter'],
    ['rootfs: { filters: x86 }', 'did you mean `filter`?'],
    ['rootfs: x86', 'rootfs'],
  ])('is a fault in %s', async (text, words) => {
    expect(await faults(text)).toContain(words);
  });
});
