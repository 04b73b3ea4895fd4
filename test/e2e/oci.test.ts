// An image of a container image, from a layout that umoci has made of Debian's static busybox, and from a registry in the form that skopeo
// gives it for Docker. Built by an ordinary user, packed, created, run; GNU tar looks into it.

import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Lock, Manifest } from '../../image/index.ts';
import { hostArchitecture } from '../../variants/index.ts';
import { MadeImages } from '../builder/source/oci/made-image.ts';
import { type MadeRegistry, serveRegistry } from '../builder/source/oci/made-registry.ts';
import { makeOrdinaryUser, type OrdinaryUser } from '../client/ordinary-user.ts';
import { makeCertificate } from '../conformance/faulty-origin.ts';
import { describeAsRoot } from '../setup/as-root.ts';
import { makeBoxedLayout } from './boxed-layout.ts';
import { cooper, execute } from './cooper.ts';
import { expectNothingHalfMade } from './left-over.ts';
import { writeDefinition } from './seed-definitions.ts';

const waiver = ['gate: { waive: [{ rule: no-init, reason: For cooper run alone }] }'];

describeAsRoot('container images', () => {
  let folder: string;
  let user: OrdinaryUser;
  let registry: MadeRegistry;
  let ca: string;
  let definitions: string;

  const layout = () => join(definitions, 'boxed/layout');

  /** What the layout has, as skopeo gives it to a registry of Docker's. */
  function dockerImage(): { images: MadeImages; manifest: ReturnType<MadeImages['blob']> } {
    const out = join(folder, 'docker');
    execFileSync('skopeo', ['copy', '--quiet', '--format', 'v2s2', `oci:${layout()}:one`, `dir:${out}`]);
    const images = new MadeImages();
    for (const name of readdirSync(out)) images.blob(readFileSync(join(out, name)), '');
    return { images, manifest: images.blob(readFileSync(join(out, 'manifest.json')), '') };
  }

  beforeAll(async () => {
    folder = mkdtempSync('/var/tmp/cooper-oci-');
    user = makeOrdinaryUser();
    definitions = join(user.home, 'definitions');
    mkdirSync(definitions);
    writeDefinition(definitions, 'boxed', ['kind: oci', 'image: ./layout'], waiver);
    makeBoxedLayout(folder, layout());
    writeDefinition(definitions, 'started', ['kind: oci', 'image: ./layout']);
    cpSync(layout(), join(definitions, 'started/layout'), { recursive: true });
    const { images, manifest } = dockerImage();
    const tls = makeCertificate(folder);
    ca = join(user.home, 'ca.pem');
    writeFileSync(ca, tls.cert);
    registry = await serveRegistry(images, { one: manifest }, { tls });
    writeDefinition(definitions, 'pulled', ['kind: oci', `image: ${registry.url}/library/name`], waiver);
    execFileSync('chmod', ['-R', 'a+rX', definitions, ca]);
  });

  afterAll(async () => {
    await registry?.close();
    user?.remove();
    rmSync(folder, { recursive: true });
  });

  const own = (...words: string[]) => {
    const program = ['env', `NODE_EXTRA_CA_CERTS=${ca}`, join(user.checkout, 'bin/cooper')];
    return user.run([...program, '--home', join(user.home, 'home'), ...words]);
  };
  async function build(name: string, ...words: string[]): Promise<string> {
    const options = ['--definitions', definitions, '--boot-gate', 'never', ...words];
    const { status, stdout, stderr } = await own('--json', 'build', ...options, name);
    if (status !== 0) throw new Error(stderr);
    return (JSON.parse(stdout) as { images: readonly { directory: string }[] }).images[0]?.directory ?? '';
  }
  const read = <T>(directory: string, name: string) => JSON.parse(readFileSync(join(directory, name), 'utf8')) as T;
  let directory: string;

  test('an image without init is refused, unless the definition says why', async () => {
    const options = ['--definitions', definitions, '--boot-gate', 'never'];
    const { status, stderr } = await own('build', ...options, 'started/one');
    expect(status).toBe(3);
    expect(stderr).toContain('no-init');
    directory = await build('boxed/one');
  });

  test('its documents say where it comes from, and its configuration is kept', () => {
    const manifest = read<Manifest>(directory, 'image.json');
    expect(manifest.source).toEqual({ kind: 'oci', vouched: 'machine' });
    expect(manifest.files).toHaveProperty(['oci-config.json']);
    const { source } = read<Lock>(directory, 'image.lock.json');
    expect(source?.seed?.map(({ keptAs }) => keptAs)).toEqual([undefined, undefined, 'oci-config.json']);
    const config = execFileSync('skopeo', ['inspect', '--config', '--raw', `oci:${layout()}:one`], {
      encoding: 'utf8',
    });
    expect(readFileSync(join(directory, 'oci-config.json'), 'utf8')).toBe(config);
    const { Digest: pin } = JSON.parse(
      execFileSync('skopeo', ['inspect', `oci:${layout()}:one`], { encoding: 'utf8' }),
    ) as {
      Digest: string;
    };
    expect(readFileSync(join(directory, 'build.log'), 'utf8')).toContain(`./layout:one is ${pin}`);
    expect(manifest.epoch).toBe(Math.floor(Date.parse((JSON.parse(config) as { created: string }).created) / 1000));
  });

  test('its archive has what both layers leave, without passwords', () => {
    const tar = (...words: string[]) =>
      execFileSync('tar', ['-f', join(directory, 'rootfs.tar.xz'), ...words], { encoding: 'utf8' });
    const names = tar('-t').split('\n');
    expect(names).toEqual(expect.arrayContaining(['./bin/busybox', './bin/ls', './etc/motd/', './etc/motd/part']));
    expect(names.filter((name) => /\.wh\.|doc/.test(name))).toEqual([]);
    expect(tar('-tv')).toMatch(/^h.* \.\/bin\/ls link to \.\/bin\/busybox$/m);
    expect(tar('-xO', './etc/shadow')).toMatch(/^root:[*!]/);
  });

  test('from a registry in the form of Docker, as skopeo finds it there, it is the same root', async () => {
    const place = registry.url.replace('https:', 'docker:');
    const found = await execute('skopeo', ['inspect', '--no-tags', '--tls-verify=false', `${place}/library/name:one`], {
      seconds: 30,
    });
    expect(JSON.parse(found.stdout)).toMatchObject({ Os: 'linux', Architecture: hostArchitecture() });
    const pulled = await build('pulled/one');
    const [one, other] = [read<Manifest>(directory, 'image.json'), read<Manifest>(pulled, 'image.json')];
    expect(other.source).toEqual({ kind: 'oci', vouched: 'transport' });
    expect(other.rootfs.sha256).toBe(one.rootfs.sha256);
  });

  test('its lock file gives the same bytes again', async () => {
    const again = join(user.home, 'again');
    const lock = join(directory, 'image.lock.json');
    const built = await build('boxed/one', '--locked', lock, '--out', again);
    const manifest = read<Manifest>(built, 'image.json');
    expect(manifest.files['rootfs.tar.xz']).toEqual(read<Manifest>(directory, 'image.json').files['rootfs.tar.xz']);
    expect(manifest.files).toHaveProperty(['oci-config.json']);
  });

  test('runs in a container that has no init', async () => {
    const containers = join(user.home, 'containers');
    expect(await own('create', '--path', containers, 'c1', 'local:boxed/one')).toMatchObject({ status: 0 });
    const ran = await own('run', '--path', containers, 'c1', '--', '/bin/sh', '-c', 'ls /etc/motd; echo $((6 * 7))');
    expect(ran).toMatchObject({ status: 0, stdout: 'part\n42\n' });
  });

  test('a layer that was changed in the layout is refused, and nothing is built', async () => {
    const blobs = join(definitions, 'started/layout/blobs/sha256');
    for (const name of readdirSync(blobs)) writeFileSync(join(blobs, name), Buffer.from('x'), { flag: 'a' });
    const home = join(folder, 'other-home');
    const { status, stderr } = await cooper(['--home', home, 'build', '--definitions', definitions, 'started/one']);
    expect(status).toBe(3);
    expect(stderr).toContain('digest-mismatch');
    expectNothingHalfMade(home);
  });
});
