// A build's folder in which something is wrong: the right code each time, and no container or part of one.

import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type CreateRequest, createContainer, type KnownSigner, type LocalTrust } from '../../client/index.ts';
import { CooperError } from '../../errors/index.ts';
import { type Fingerprint, readCertificates, type Sha256, sha256Of } from '../../keys/index.ts';
import { openSigner } from '../../keys/sign.ts';
import { hostileRootfs } from '../client/hostile-archive.ts';
import { makeBuild, makePublisher, type Publisher } from '../client/publication.ts';
import { createRequest } from '../client/request.ts';
import { describeAsRoot } from '../setup/as-root.ts';

const now = new Date();
let publisher: Publisher;
let other: Publisher;
let build: string;
let known: readonly KnownSigner[];

beforeAll(async () => {
  const since = new Date(now.getTime() - 60_000);
  [publisher, other] = [await makePublisher(since), await makePublisher(since)];
  const rootfs = await hostileRootfs([{ name: './etc/issue', content: 'harmless\n' }]);
  build = (await makeBuild(publisher, now, { rootfs })).directory;
  const signers = [publisher, other].map(async ({ keys }) => {
    const [certificate] = await readCertificates(Buffer.from((await openSigner(keys, now)).certificate));
    return certificate === undefined ? [] : [{ certificate, why: 'is known' }];
  });
  known = (await Promise.all(signers)).flat();
});
afterAll(() => {
  publisher.remove();
  other.remove();
});
interface Attempt {
  readonly spoil?: (copy: string) => void | Promise<void>;
  readonly trust?: LocalTrust;
  readonly change?: Partial<CreateRequest>;
}

async function attempt({ spoil, trust = { kind: 'signature', known }, change = {} }: Attempt) {
  const home = mkdtempSync(join(publisher.folder, 'home-'));
  const path = join(home, 'image');
  cpSync(build, path, { recursive: true });
  await spoil?.(path);
  const request = createRequest({ publisher, url: '', home, defaultConf: '', name: 'c1', now });
  try {
    const image = { kind: 'files', path, trust } as const;
    const made = await createContainer({ ...request, servers: [], ...change, image });
    return { made };
  } catch (error) {
    const containers = join(home, 'containers');
    expect(existsSync(containers) ? readdirSync(containers) : []).toEqual([]);
    expect(readdirSync(existsSync(join(home, 'cache')) ? join(home, 'cache') : containers).join()).not.toContain(
      '.part',
    );
    return { error };
  } finally {
    request.transport.close();
  }
}

function flip(file: string): void {
  const bytes = readFileSync(file);
  bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
  writeFileSync(file, bytes);
}

describeAsRoot('the folder of a build', () => {
  it.each<[string, string, (copy: string) => void]>([
    ['without a signature', 'image-unvouched', (copy) => rmSync(join(copy, 'image.json.asc'))],
    [
      'with the signature of another file',
      'signature-invalid',
      (copy) => renameSync(join(copy, 'meta.tar.xz.asc'), join(copy, 'image.json.asc')),
    ],
    ['with a damaged signature', 'signature-invalid', (copy) => flip(join(copy, 'image.json.asc'))],
    ['with a changed image.json', 'signature-invalid', (copy) => flip(join(copy, 'image.json'))],
    ['with another rootfs.tar.xz', 'digest-mismatch', (copy) => flip(join(copy, 'rootfs.tar.xz'))],
    [
      'with rootfs.tar.xz in place of meta.tar.xz',
      'digest-mismatch',
      (copy) => renameSync(join(copy, 'rootfs.tar.xz'), join(copy, 'meta.tar.xz')),
    ],
    ['with another meta.tar.xz', 'digest-mismatch', (copy) => flip(join(copy, 'meta.tar.xz'))],
    ['without rootfs.tar.xz', 'image-files-missing', (copy) => rmSync(join(copy, 'rootfs.tar.xz'))],
    ['without meta.tar.xz', 'image-files-missing', (copy) => rmSync(join(copy, 'meta.tar.xz'))],
    ['that is gone', 'image-files-missing', (copy) => rmSync(copy, { recursive: true })],
  ])('%s is refused (%s)', async (_what, code, spoil) => {
    const { error } = await attempt({ spoil });
    expect(error).toBeInstanceOf(CooperError);
    expect(error).toMatchObject({ code });
  });

  it('whose digest is named is taken without a signature, and no other', async () => {
    const spoil = (copy: string) => rmSync(join(copy, 'image.json.asc'));
    const digest = sha256Of(readFileSync(join(build, 'image.json'))) as Sha256;
    const { made } = await attempt({ spoil, trust: { kind: 'digests', digests: [digest] } });
    expect(made).toMatchObject({ verified: 'checksum', publisher: null });
    const wrong = { kind: 'digests', digests: ['0'.repeat(64) as Sha256] } as const;
    expect((await attempt({ trust: wrong })).error).toMatchObject({ code: 'digest-mismatch' });
    // The digest vouches for image.json, and that for the rest.
    const swapped = await attempt({
      spoil: (copy) => flip(join(copy, 'rootfs.tar.xz')),
      trust: { kind: 'digests', digests: [digest] },
    });
    expect(swapped.error).toMatchObject({ code: 'digest-mismatch' });
  });

  it('needs the signatures of as many publishers as trust.threshold asks for', async () => {
    const publishers = [publisher, other].map(({ fingerprint }) => fingerprint as Fingerprint);
    const change = { threshold: { signatures: 2, publishers } };
    const alone = await attempt({ change });
    expect(alone.error).toMatchObject({ code: 'attestations-missing' });
    const attest = async (copy: string) => {
      const file = join(copy, 'attestations', `${other.fingerprint}.asc`);
      cpSync(join(copy, 'image.json'), file, { recursive: true });
      const signer = await openSigner(other.keys, now);
      writeFileSync(file, await signer.signDetached(readFileSync(join(copy, 'image.json'))));
    };
    expect((await attempt({ change, spoil: attest })).made).toMatchObject({ verified: 'signature' });
  });
});
