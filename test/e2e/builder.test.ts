// Images that one machine builds and another publishes, with the program: clients know the publisher's key alone, and may ask for the
// builder's besides.

import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { imageName } from '../../variants/index.ts';
import { makeBuild, makePublisher, type Publisher, smallImage } from '../client/publication.ts';
import { describeAsRoot } from '../setup/as-root.ts';
import { cooper, cooperJson, execute } from './cooper.ts';
import { startServer } from './published.ts';

const image = imageName(smallImage);
/** Has the folder of everything. */
let builder: Publisher;
let publisher: string;
let home: string;
let directory: string;
let certificate: string;

beforeAll(async () => {
  const now = Date.now();
  builder = await makePublisher(new Date(now - 24 * 3_600_000));
  ({ directory } = await makeBuild(builder, new Date(now - 3_600_000)));
  const there = mkdtempSync(join(builder.folder, 'builder-'));
  cpSync(builder.keys, join(there, 'keys'), { recursive: true });
  certificate = join(builder.folder, 'builder.asc');
  writeFileSync(certificate, (await cooper(['--home', there, 'keys', 'export'])).stdout);
  home = mkdtempSync(join(builder.folder, 'home-'));
  publisher = (await ours<{ fingerprint: string }>('keys', 'generate', '--name', 'Publisher')).fingerprint;
});
afterAll(() => builder.remove());

const ours = <T>(...words: readonly string[]) => cooperJson<T>(['--home', home, ...words]);
const refused = async (code: string, ...words: readonly string[]) => {
  const { status, stderr } = await cooper(['--home', home, ...words]);
  expect(stderr).toContain(`[${code}]`);
  expect(status).not.toBe(0);
};

describeAsRoot('cooper keys trust', () => {
  it('lists certificates only, shows them, and takes them off again', async () => {
    await refused('key-unreadable', 'keys', 'trust', join(builder.keys, 'publisher.key'));
    await refused('bad-usage', 'keys', 'trust', `${certificate}.not`);
    await refused('bad-usage', 'keys', 'trust', '--remove', builder.fingerprint);
    expect(await ours('keys', 'trust')).toEqual({ builders: [] });
    const listed = [{ fingerprint: builder.fingerprint, revoked: false, valid: true }];
    expect(await ours('keys', 'trust', certificate)).toMatchObject({ builders: listed });
    expect(await ours('keys', 'show')).toMatchObject({ fingerprint: publisher, builders: listed });
    expect((await cooper(['--home', home, 'keys', 'show'])).stdout).toContain(`builder      ${builder.fingerprint}`);
    expect(await ours('keys', 'trust', '--remove', builder.fingerprint)).toEqual({ builders: [] });
    await refused('builder-not-listed', 'publish', directory);
  });
});

describeAsRoot('the build of a listed builder', () => {
  it('is one of the publisher for clients, who can ask for both', async () => {
    await ours('keys', 'trust', certificate);
    const before = readdirSync(directory);
    expect(await ours('publish', directory)).toMatchObject({ builds: [{ image, builder: builder.fingerprint }] });
    expect(readdirSync(directory)).toEqual(before);
    const server = await startServer(home);
    try {
      const place = mkdtempSync(join(builder.folder, 'client-'));
      writeFileSync(join(place, 'cooper.yaml'), `trust: { threshold: 2, publishers: [${builder.fingerprint}] }\n`);
      const from = ['--server', server.url, '--keyid', publisher];
      const { status, stderr } = await cooper(['--home', place, 'create', 'c', image, ...from]);
      expect(status, stderr).toBe(0);
      expect(existsSync(join(place, 'containers/c/rootfs/etc/os-release'))).toBe(true);
    } finally {
      await server.stop();
    }
  });

  it('has a signature of the publisher beside every file, and that of the builder apart, as gpg sees it', async () => {
    const [build = ''] = readdirSync(join(home, 'tree/images', image));
    const there = (name: string) => join(home, 'tree/images', image, build, name);
    const verify = async (fingerprint: string, signature: string, file: string) => {
      const gnupg = mkdtempSync(join(builder.folder, 'gnupg-'));
      const gpg = (...words: string[]) => execute('gpg', ['--homedir', gnupg, '--batch', ...words]);
      await gpg('--import', join(home, `tree/live/keys/${fingerprint}.asc`));
      const { status, stderr } = await gpg('--verify', there(signature), there(file));
      await execute('gpgconf', ['--homedir', gnupg, '--kill', 'all']);
      return [status, /Good signature from "(.*?)"/.exec(stderr)?.[1]];
    };
    for (const name of readdirSync(there('')).filter((each) => existsSync(there(`${each}.asc`)))) {
      expect(await verify(publisher, `${name}.asc`, name), name).toEqual([0, 'Publisher']);
    }
    const attestation = `attestations/${builder.fingerprint}.asc`;
    expect(await verify(builder.fingerprint, attestation, 'image.json')).toEqual([0, 'Cooper publisher']);
    const kept = readFileSync(join(directory, 'image.json.asc'), 'utf8');
    expect(readFileSync(there(attestation), 'utf8')).toBe(kept);
  });
});
