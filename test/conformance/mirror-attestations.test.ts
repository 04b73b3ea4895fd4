// What others have signed, at a mirror: what takes the place of something else there, and what a run that was cut off leaves.

import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createTransport } from '../../fetch/index.ts';
import { wholeSelection } from '../../image/index.ts';
import { readCertificates } from '../../keys/index.ts';
import { describePublisherKey, openSigner, revokePublisherKey, rotateSigningKey } from '../../keys/sign.ts';
import { attest, mirror, publish, type RunningServer, renewAttesters, type SignedBuild } from '../../server/index.ts';
import { imageName } from '../../variants/index.ts';
import {
  makeBuild,
  makePublisher,
  type Publisher,
  publishBuilds,
  serveTree,
  smallImage,
} from '../client/publication.ts';

const now = new Date();
const ago = (minutes: number) => new Date(now.getTime() - minutes * 60_000);
const transport = createTransport({ attempts: 1 });
let publisher: Publisher;
let attester: Publisher;
let build: SignedBuild;
let folder: string;
let origin: string;
let tree: string;
let server: RunningServer;

beforeAll(async () => {
  publisher = await makePublisher(ago(24 * 60));
  build = await makeBuild(publisher, ago(50));
  folder = `images/${imageName(smallImage)}/${build.manifest?.build}/`;
});
afterAll(() => {
  transport.close();
  publisher.remove();
});
beforeEach(async () => {
  attester = await makePublisher(ago(24 * 60));
  origin = await publishBuilds(publisher, [build], ago(50));
  server = await serveTree(origin);
  tree = join(mkdtempSync(join(publisher.folder, 'mirror-')), 'tree');
  chmodSync(join(tree, '..'), 0o755);
  return async () => {
    await server.close(0);
    attester.remove();
  };
});

const follow = (signal = new AbortController().signal) =>
  mirror(tree, {
    ...{ server: server.url, trust: { keyid: publisher.fingerprint }, trustDir: join(tree, '../trust'), transport },
    ...{ now, grace: 48, selection: wholeSelection, report: () => undefined, signal },
  });
const attested = async (at: Date) => {
  const signer = await openSigner(attester.keys, at);
  const signature = await signer.signDetached(readFileSync(join(origin, folder, 'image.json')));
  const certificates = await readCertificates(Buffer.from(signer.certificate));
  const request = { image: smallImage, build: undefined, channel: 'stable', signature, certificates };
  await attest(origin, request, await openSigner(publisher.keys, at), at);
};
const attestation = () => `${folder}attestations/${attester.fingerprint}.asc`;
const expectSame = () => {
  for (const part of ['live/', 'images']) {
    execFileSync('diff', ['-r', '--no-dereference', join(origin, part), join(tree, part)]);
  }
  expect(existsSync(join(tree, '.staging'))).toBe(false);
};

/** Ends the attester's subkey, and makes the next one. */
async function revoke(at: Date): Promise<void> {
  const noKey = () => Promise.reject(new Error('it has no passphrase'));
  const change = { passphrases: { key: noKey, primary: noKey }, now: at };
  const [subkey] = (await describePublisherKey(attester.keys, at)).subkeys;
  await revokePublisherKey(attester.keys, subkey?.fingerprint ?? 'all', { ...change, reason: 'compromised' });
  await rotateSigningKey(attester.keys, change);
}

describe('a mirror', () => {
  it('follows an origin one of whose attesters has revoked a key, and has the next signature when there is one', async () => {
    await attested(ago(40));
    await follow();
    const before = readFileSync(join(tree, attestation()), 'utf8');
    await revoke(ago(30));
    const { certificate } = await openSigner(attester.keys, ago(30));
    const renewed = await readCertificates(Buffer.from(certificate));
    await renewAttesters(origin, renewed, await openSigner(publisher.keys, ago(30)), ago(30));
    await follow();
    expectSame();
    expect(readFileSync(join(tree, attestation()), 'utf8')).toBe(before);
    await attested(ago(20));
    await follow();
    expectSame();
    expect(readFileSync(join(tree, attestation()), 'utf8')).not.toBe(before);
  });

  it('takes back a signature that it has placed and never announced, and goes on', async () => {
    await follow();
    // As a run leaves it that is killed before its switch, when the origin lists somebody else by then.
    const stray = `${folder}attestations/${'A'.repeat(40)}.asc`;
    mkdirSync(join(tree, folder, 'attestations'));
    writeFileSync(join(tree, stray), 'x');
    mkdirSync(join(tree, '.staging'));
    writeFileSync(join(tree, '.staging/placed'), `${stray}\n`);
    await attested(ago(40));
    await follow();
    expectSame();
  });

  it('fetches again what was damaged in its tree, with the next generation', async () => {
    await attested(ago(40));
    await follow();
    writeFileSync(join(tree, attestation()), 'x');
    await publish(origin, [], await openSigner(publisher.keys, ago(30)), ago(30));
    await follow();
    expectSame();
  });

  it('says so when a build that was attested is not in its tree any more', async () => {
    await follow();
    rmSync(join(tree, folder, 'image.json'));
    await attested(ago(40));
    await expect(follow()).rejects.toMatchObject({ code: 'tree-damaged' });
    cpSync(join(origin, folder, 'image.json'), join(tree, folder, 'image.json'));
    await follow();
    expectSame();
  });
});
