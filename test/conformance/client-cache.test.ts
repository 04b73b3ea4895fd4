// The client's cache in place of a server: what a container is made of when none answers or is asked, and what is refused.

import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { CreateRequest } from '../../client/index.ts';
import { openSigner, revokePublisherKey } from '../../keys/sign.ts';
import { publishRevocation } from '../../server/index.ts';
import { imageName } from '../../variants/index.ts';
import { ago, CacheBed, cacheOf, day, nobody, now } from '../client/cache-bed.ts';
import { countingProxy } from '../client/counting-proxy.ts';
import { makeBuild, makePublisher, publishBuilds, serveTree, smallImage } from '../client/publication.ts';
import { describeAsRoot } from '../setup/as-root.ts';

let bed: CacheBed;
beforeAll(async () => {
  bed = await CacheBed.open();
});
afterAll(() => bed.close());

describeAsRoot('a container without a server', () => {
  it('is made of what is in the cache, which is said, with the date', async () => {
    const { made, notices } = await bed.attempt(bed.warmHome(), { servers: [nobody] });
    expect(made).toMatchObject({ offline: true, bytes: { fetched: 0 }, publisher: bed.publisher.fingerprint });
    expect(notices).toEqual([
      expect.stringContaining('no server has answered'),
      expect.stringContaining(`catalog of ${ago(3600_000).toISOString().slice(0, 16)}`),
    ]);
  });

  it('is not made when the cache has nothing, or the newest build is wanted', async () => {
    const cold = await bed.attempt(bed.newHome(), { servers: [nobody] });
    const newest = await bed.attempt(bed.warmHome(), { servers: [nobody], refresh: 'always' });
    expect([cold.error?.code, newest.error?.code]).toEqual(['server-unreachable', 'server-unreachable']);
    expect((await bed.attempt(bed.newHome(), { refresh: 'never' })).error).toMatchObject({
      code: 'image-not-cached',
      exit: 1,
    });
  });

  it('is made without a single request when no server is to be asked', async () => {
    const before = bed.proxy.requests('');
    const { made } = await bed.attempt(bed.warmHome(), { refresh: 'never' });
    expect(made?.offline).toBe(true);
    expect(bed.proxy.requests('')).toBe(before);
  });

  it('is found by the fingerprint of the image, too', async () => {
    const { image } = await bed.chosen(bed.warm, {}, fingerprintIn(bed.warm).slice(0, 12));
    expect(imageName(image)).toBe(imageName(smallImage));
  });

  it('of another image, another publisher or a key that nobody has named is not made', async () => {
    const other = await bed.attempt(bed.warmHome(), { refresh: 'never', image: 'small/one/amd64/other' });
    const stranger = await bed.attempt(bed.warmHome(), { refresh: 'never', trust: { keyid: '0'.repeat(40) } });
    const unnamed = await bed.attempt(bed.warmHome(), { refresh: 'never', trust: {} });
    expect([other, stranger, unnamed].map(({ error }) => error?.code)).toEqual(Array(3).fill('image-not-cached'));
  });
});

function fingerprintIn(home: string): string {
  const folder = join(cacheOf(home), 'documents');
  const texts = readdirSync(folder).map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')));
  return texts.find(({ fingerprint }) => fingerprint !== undefined)?.fingerprint ?? expect.fail('no manifest');
}

describeAsRoot('an old catalog in the cache', () => {
  it('that has expired is used only by who asks for it, and its date is said', async () => {
    const late = new Date(now.getTime() + 30 * day);
    const auto = await bed.attempt(bed.warmHome(), { servers: [nobody], now: late });
    expect(auto.error).toMatchObject({ code: 'server-unreachable', next: expect.stringContaining('--refresh never') });
    expect(auto.error?.lines).toEqual([expect.stringContaining('expired on')]);
    const { notices } = await bed.chosen(bed.warmHome(), { old: 'take', now: late });
    expect(notices).toEqual([expect.stringMatching(/catalog \(serial \d+\) expired on 20/)]);
  });

  it('is of no use once the key that has signed it has ended', async () => {
    const { error } = await bed.attempt(bed.warmHome(), { refresh: 'never', now: new Date(now.getTime() + 100 * day) });
    expect(error).toMatchObject({ code: 'signature-expired', exit: 3 });
  });

  it('is not taken in place of a newer one that this machine has seen, unless somebody asks for it', async () => {
    const newer = await bed.publishAnew();
    const home = bed.warmHome();
    await bed.remember(home, newer.url);
    await newer.close();
    const auto = await bed.attempt(home, { servers: [nobody] });
    const never = await bed.chosen(home, { old: 'take' });
    const rollback = await bed.attempt(home);
    expect(auto.error?.lines).toEqual([expect.stringContaining('[rollback-refused]')]);
    expect(never.notices).toEqual([expect.stringMatching(/already seen \d+/)]);
    // What was let pass for the cache is not let pass for a server.
    expect(rollback.error).toMatchObject({ code: 'rollback-refused', exit: 3 });
  });

  it('still has the builds that are here when the newest is not', async () => {
    const newer = await bed.publishAnew();
    const home = bed.warmHome();
    const stopped = new AbortController();
    const report: CreateRequest['report'] = (event) => {
      if (event.type === 'stage-start' && event.stage === 'fetch') stopped.abort(new Error('stopped'));
    };
    await bed.attempt(home, { servers: [newer.url], report, signal: stopped.signal });
    await newer.close();
    const { image, notices } = await bed.chosen(home);
    expect(image.build).not.toBe(newer.build);
    expect(notices).toEqual([`there is a newer build, ${newer.build}, which is not in the cache`]);
  });

  it('is of no use for a key that was revoked since', async () => {
    const other = await makePublisher(ago(day));
    const own = await publishBuilds(other, [await makeBuild(other, ago(3600_000))], ago(3600_000));
    const server = await serveTree(own);
    const home = bed.newHome();
    const from = { servers: [server.url], trust: { keyid: other.fingerprint } };
    const first = await bed.attempt(home, from);
    const noKey = () => Promise.reject(new Error('it has no passphrase'));
    const passphrases = { key: noKey, primary: noKey };
    const { certificate } = await revokePublisherKey(other.keys, 'all', { passphrases, now: ago(1200_000) });
    await publishRevocation(own, certificate, ago(1200_000));
    const seen = await bed.attempt(home, from);
    await server.close(0);
    const later = [await bed.attempt(home, { ...from, refresh: 'never' }), await bed.attempt(home, from)];
    other.remove();
    expect([first.error?.code, seen.error?.code]).toEqual([undefined, 'signature-revoked']);
    expect(later[0]?.error?.code).toBe('signature-revoked');
    expect(later[1]?.error).toMatchObject({ lines: [expect.stringContaining('[signature-revoked]')] });
  });
});

describeAsRoot('a server that does not say in time what it has', () => {
  it('is not waited for, and asked again when the container is there', async () => {
    const newer = await bed.publishAnew();
    const home = bed.warmHome();
    let stalls = true;
    const slow = await countingProxy(newer.url, (path) =>
      stalls && path.startsWith('/keys/') ? new Promise(() => undefined) : undefined,
    );
    const report: CreateRequest['report'] = (event) => {
      if (event.type === 'stage-end' && event.stage === 'commit') stalls = false;
    };
    const { made } = await bed.attempt(home, { servers: [slow.url], report });
    await Promise.all([slow.close(), newer.close()]);
    expect(made).toMatchObject({ offline: true });
    expect(made?.build).not.toBe(newer.build);
    expect((await bed.chosen(home)).image.build).toBe(newer.build);
  });
});

describeAsRoot('an image that several must have signed', () => {
  it('needs their signatures in the cache as well', async () => {
    const stranger = await makePublisher(ago(day));
    const threshold = { signatures: 2, publishers: [stranger.fingerprint] } as unknown as NonNullable<
      CreateRequest['threshold']
    >;
    const newer = await bed.publishAnew();
    const live = join(newer.tree, 'live');
    const images = join(newer.tree, 'images');
    const signer = await openSigner(stranger.keys, now);
    for (const name of readdirSync(images, { recursive: true, encoding: 'utf8' }).filter((one) =>
      one.endsWith('image.json'),
    )) {
      const folder = join(images, name, '..', 'attestations');
      mkdirSync(folder, { recursive: true });
      writeFileSync(
        join(folder, `${stranger.fingerprint}.asc`),
        await signer.signDetached(readFileSync(join(images, name))),
      );
    }
    writeFileSync(join(live, 'keys', `${stranger.fingerprint}.asc`), signer.certificate);
    const home = bed.newHome();
    const online = await bed.attempt(home, { servers: [newer.url], threshold });
    await newer.close();
    const offline = await bed.chosen(home, { threshold });
    rmSync(join(cacheOf(home), 'attestations'), { recursive: true });
    const without = await bed.attempt(home, { refresh: 'never', threshold });
    stranger.remove();
    expect(online.error).toBeUndefined();
    expect(offline.image.build).toBe(newer.build);
    expect(without.error).toMatchObject({ code: 'attestations-missing', exit: 3 });
  });
});
