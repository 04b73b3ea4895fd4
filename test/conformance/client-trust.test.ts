// Whose images a client takes: first use, pins, several publishers, and a publisher that publishes while it is read.

import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer, get } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type CreatedContainer, createContainer, type FirstUse, type TrustChoice } from '../../client/index.ts';
import { CooperError } from '../../errors/index.ts';
import { parseFingerprint } from '../../keys/index.ts';
import { describePublisherKey, openSigner, revokePublisherKey, rotateSigningKey } from '../../keys/sign.ts';
import { publish, publishRevocation, type RunningServer } from '../../server/index.ts';
import { makeBuild, makePublisher, type Publisher, publishBuilds, serveTree } from '../client/publication.ts';
import { createRequest } from '../client/request.ts';
import { describeAsRoot } from '../setup/as-root.ts';

const now = new Date();
const day = 24 * 3600 * 1000;
const defaultConf = 'lxc.idmap = u 0 2000000 65536\nlxc.idmap = g 0 2000000 65536\n';
let publisher: Publisher;
let stranger: Publisher;
let tree: string;
let server: RunningServer;

beforeAll(async () => {
  publisher = await makePublisher(new Date(now.getTime() - day));
  stranger = await makePublisher(new Date(now.getTime() - day));
  tree = await publishBuilds(publisher, [await makeBuild(publisher, new Date(now.getTime() - 3600_000))], now);
  server = await serveTree(tree);
});
afterAll(async () => {
  await server.close(0);
  publisher.remove();
  stranger.remove();
});

interface Attempt {
  readonly trust: TrustChoice;
  readonly url?: string;
  readonly home?: string;
  readonly threshold?: { readonly signatures: number; readonly publishers: readonly string[] };
  readonly onStage?: (stage: string) => void;
}

interface Outcome {
  readonly home: string;
  readonly made?: CreatedContainer;
  readonly error?: CooperError;
  readonly notices: readonly string[];
}

const newHome = () => mkdtempSync(join(publisher.folder, 'home-'));
let names = 0;

async function attempt(choice: Attempt): Promise<Outcome> {
  const home = choice.home ?? newHome();
  names += 1;
  const request = createRequest({
    publisher,
    url: choice.url ?? server.url,
    home,
    defaultConf,
    name: `c${names}`,
    now,
  });
  const notices: string[] = [];
  const { signatures = 1, publishers = [] } = choice.threshold ?? {};
  try {
    const made = await createContainer({
      ...request,
      trust: choice.trust,
      threshold: { signatures, publishers: publishers.flatMap((one) => parseFingerprint(one) ?? []) },
      report: (event) => {
        if (event.type === 'stage-start') choice.onStage?.(event.stage);
        if (event.type === 'notice' && event.stage === 'catalog') notices.push(event.message);
      },
    });
    return { home, made, notices };
  } catch (error) {
    if (!(error instanceof CooperError)) throw error;
    return { home, error, notices };
  } finally {
    request.transport.close();
  }
}

describeAsRoot('a server that was never used here', () => {
  it('is refused where nobody can be asked, and says who it claims to be', async () => {
    const { error, home } = await attempt({ trust: {} });
    expect(error).toMatchObject({ code: 'key-missing', exit: 3, next: expect.stringContaining('--accept-key') });
    expect(error?.lines).toEqual([`it says that it is ${publisher.fingerprint} (Cooper publisher)`]);
    expect(readdirSync(join(home, 'containers'))).toEqual([]);
  });

  it('is asked about once, and remembered', async () => {
    const asked: FirstUse[] = [];
    const ask = async (question: FirstUse) => asked.push(question) > 0;
    const first = await attempt({ trust: { ask } });
    expect(first.error).toBeUndefined();
    expect(asked).toEqual([
      { server: `${server.url}/`, fingerprint: publisher.fingerprint, userIds: ['Cooper publisher'] },
    ]);
    expect(first.notices).toContain(`${publisher.fingerprint} is remembered as the key of this server`);
    const second = await attempt({ home: first.home, trust: { ask } });
    expect(second).toMatchObject({ made: { publisher: publisher.fingerprint }, notices: [] });
    expect(asked).toHaveLength(1);
  });

  it('is not used, and not remembered, when the user says no', async () => {
    const refused = await attempt({ trust: { ask: async () => false } });
    expect(refused.error).toMatchObject({ code: 'key-not-accepted', exit: 3 });
    expect((await attempt({ home: refused.home, trust: {} })).error?.code).toBe('key-missing');
  });

  it('is taken with --accept-key, for good', async () => {
    const first = await attempt({ trust: { acceptKey: publisher.fingerprint } });
    expect(first.error).toBeUndefined();
    expect((await attempt({ home: first.home, trust: {} })).error).toBeUndefined();
  });

  it('is refused when it has another key than the accepted one, and that is not remembered', async () => {
    const refused = await attempt({ trust: { acceptKey: stranger.fingerprint } });
    expect(refused.error?.code).toBe('key-mismatch');
    expect((await attempt({ home: refused.home, trust: {} })).error?.code).toBe('key-missing');
  });

  it('is refused when --accept-key has but 16 digits', async () => {
    const { error } = await attempt({ trust: { acceptKey: publisher.fingerprint.slice(-16) } });
    expect(error).toMatchObject({ code: 'bad-usage', exit: 2 });
  });
});

describeAsRoot('a server that is known', () => {
  it('is refused once it has another key, unless that is accepted', async () => {
    const { home } = await attempt({ trust: { acceptKey: publisher.fingerprint } });
    const others = await publishBuilds(stranger, [await makeBuild(stranger, now)], now);
    const port = server.port;
    await server.close(0);
    const taken = await import('../../server/index.ts').then(({ serve }) =>
      serve({ tree: others, host: '127.0.0.1', port }),
    );
    const { error } = await attempt({ home, trust: {} });
    const accepted = await attempt({ home, trust: { acceptKey: stranger.fingerprint } });
    const after = await attempt({ home, trust: {} });
    await taken.close(0);
    server = await import('../../server/index.ts').then(({ serve }) => serve({ tree, host: '127.0.0.1', port }));
    expect(error).toMatchObject({ code: 'key-mismatch', message: expect.stringContaining(publisher.fingerprint) });
    expect([accepted.made?.publisher, after.made?.publisher]).toEqual([stranger.fingerprint, stranger.fingerprint]);
  });

  it('is what cooper.yaml says', async () => {
    const configured = (fingerprint: string) =>
      new Map([[`${server.url}/`, parseFingerprint(fingerprint) ?? expect.fail('no fingerprint')]]);
    expect((await attempt({ trust: { configured: configured(publisher.fingerprint) } })).error).toBeUndefined();
    const { error } = await attempt({ trust: { configured: configured(stranger.fingerprint) } });
    expect(error?.code).toBe('key-mismatch');
  });

  it('is not believed for a trust folder that holds nonsense', async () => {
    const home = newHome();
    mkdirSync(join(home, 'trust'));
    writeFileSync(join(home, 'trust/pins.json'), '{"schemaVersion":1,"pins":{"x":"y"}}');
    expect((await attempt({ home, trust: {} })).error).toMatchObject({ code: 'trust-state-invalid', exit: 3 });
  });
});

describeAsRoot('an image that several must have signed', () => {
  const trust = () => ({ keyid: publisher.fingerprint });
  const threshold = () => ({ signatures: 2, publishers: [stranger.fingerprint] });
  let folder: string;
  let certificate: string;
  const attest = async (text: string | Buffer) => {
    const signer = await openSigner(stranger.keys, now);
    mkdirSync(join(folder, 'attestations'), { recursive: true });
    writeFileSync(
      join(folder, `attestations/${stranger.fingerprint}.asc`),
      await signer.signDetached(Buffer.from(text)),
    );
  };
  beforeAll(async () => {
    const images = join(tree, 'images');
    const name = readdirSync(images, { recursive: true, encoding: 'utf8' }).find((path) => path.endsWith('image.json'));
    folder = join(images, name ?? '', '..');
    certificate = join(tree, 'live/keys', `${stranger.fingerprint}.asc`);
  });

  it('is refused with the publisher’s signature alone', async () => {
    const { error, home } = await attempt({ trust: trust(), threshold: threshold() });
    expect(error).toMatchObject({ code: 'attestations-missing', exit: 3 });
    expect(error?.lines).toEqual([expect.stringContaining(stranger.fingerprint)]);
    expect(readdirSync(join(home, 'containers'))).toEqual([]);
  });

  it('is refused with a signature whose key the server does not have', async () => {
    await attest(readFileSync(join(folder, 'image.json')));
    expect((await attempt({ trust: trust(), threshold: threshold() })).error?.code).toBe('attestations-missing');
  });

  it('is taken with both', async () => {
    writeFileSync(certificate, (await openSigner(stranger.keys, now)).certificate);
    expect((await attempt({ trust: trust(), threshold: threshold() })).error).toBeUndefined();
  });

  it('is refused when the second signature is that of another image', async () => {
    await attest('{"another": "image"}');
    expect((await attempt({ trust: trust(), threshold: threshold() })).error?.code).toBe('attestations-missing');
  });

  it('is refused when one publisher is named twice', async () => {
    const twice = { signatures: 2, publishers: [publisher.fingerprint, publisher.fingerprint] };
    expect((await attempt({ trust: trust(), threshold: twice })).error?.code).toBe('attestations-missing');
  });
});

describeAsRoot('who has stolen a signing subkey that was revoked', () => {
  const minutesAgo = (minutes: number) => new Date(now.getTime() - minutes * 60_000);
  const trust = () => ({ keyid: owner.fingerprint });
  let owner: Publisher;
  /** The key folder as the thief has it. */
  let stolen: string;
  let honest: RunningServer;
  let thief: RunningServer;

  beforeAll(async () => {
    owner = await makePublisher(new Date(now.getTime() - day));
    stolen = join(owner.folder, 'stolen');
    cpSync(owner.keys, stolen, { recursive: true });
    const [subkey] = (await describePublisherKey(owner.keys, now)).subkeys;
    const honestTree = await publishBuilds(owner, [await makeBuild(owner, minutesAgo(30))], minutesAgo(30));
    honest = await serveTree(honestTree);
    const noKey = () => Promise.reject(new Error('it has no passphrase'));
    const change = { passphrases: { key: noKey, primary: noKey }, now: minutesAgo(20) };
    await revokePublisherKey(owner.keys, subkey?.fingerprint ?? 'all', { ...change, reason: 'compromised' });
    await rotateSigningKey(owner.keys, change);
    await publish(honestTree, [], await openSigner(owner.keys, minutesAgo(19)), minutesAgo(19));
    // The thief signs a newer catalog, and hands out the certificate of before.
    const thiefs = { ...owner, keys: stolen };
    thief = await serveTree(await publishBuilds(thiefs, [await makeBuild(thiefs, minutesAgo(10))], minutesAgo(10)));
  });
  afterAll(async () => {
    await Promise.all([honest.close(0), thief.close(0)]);
    owner.remove();
  });

  it('is not believed by who was refused for it', async () => {
    // A publisher like the owner, who revokes the whole key: everything is refused then, and that is remembered.
    const other = await makePublisher(new Date(now.getTime() - day));
    const thiefs = { ...other, keys: join(other.folder, 'stolen') };
    cpSync(other.keys, thiefs.keys, { recursive: true });
    const own = await publishBuilds(other, [await makeBuild(other, minutesAgo(30))], minutesAgo(30));
    const newer = await publishBuilds(thiefs, [await makeBuild(thiefs, minutesAgo(10))], minutesAgo(10));
    const [first, second] = await Promise.all([serveTree(own), serveTree(newer)]);
    const from = (url: string, home?: string) =>
      attempt({ trust: { keyid: other.fingerprint }, url, ...(home === undefined ? {} : { home }) });
    const { home, error } = await from(first.url);
    const noKey = () => Promise.reject(new Error('it has no passphrase'));
    const passphrases = { key: noKey, primary: noKey };
    const { certificate } = await revokePublisherKey(other.keys, 'all', { passphrases, now: minutesAgo(20) });
    await publishRevocation(own, certificate, minutesAgo(20));
    const refused = await from(first.url, home);
    const shown = await from(second.url, home);
    const newcomer = await from(second.url);
    await Promise.all([first.close(0), second.close(0)]);
    other.remove();
    expect(error).toBeUndefined();
    expect([refused.error?.code, shown.error?.code]).toEqual(['signature-revoked', 'signature-revoked']);
    // Who has seen neither cannot know.
    expect(newcomer.error).toBeUndefined();
  });

  it('is not believed by who has seen the revocation', async () => {
    const { home, error } = await attempt({ trust: trust(), url: honest.url });
    expect(error).toBeUndefined();
    expect((await attempt({ home, trust: trust(), url: thief.url })).error).toMatchObject({
      code: 'signature-revoked',
      exit: 3,
    });
    // Nothing of the thief's is remembered.
    expect((await attempt({ home, trust: trust(), url: honest.url })).error).toBeUndefined();
  });
});

describeAsRoot('a publisher that publishes while it is read', () => {
  const live = (target: string) => {
    symlinkSync(target, join(tree, 'live.new'));
    renameSync(join(tree, 'live.new'), join(tree, 'live'));
  };

  /** Publishes a build more, and leaves the generation before it live. */
  async function readyNext(minutes: number): Promise<{ before: string; after: string }> {
    const before = readlinkSync(join(tree, 'live'));
    const signer = await openSigner(publisher.keys, now);
    await publish(tree, [await makeBuild(publisher, new Date(now.getTime() - minutes * 60_000))], signer, now);
    const after = readlinkSync(join(tree, 'live'));
    expect(after).not.toBe(before);
    live(before);
    return { before, after };
  }

  it('is read again when a shard of its catalog is gone', async () => {
    const { after } = await readyNext(50);
    let flipped = false;
    const { error } = await attempt({
      trust: { keyid: publisher.fingerprint },
      onStage: (stage) => {
        if (stage !== 'manifest' || flipped) return;
        flipped = true;
        live(after);
      },
    });
    expect([error, flipped]).toEqual([undefined, true]);
  });

  it('is read again when its certificate is of another generation than its catalog', async () => {
    const { before, after } = await readyNext(40);
    // The older generation has another file as certificate, as after a rotation.
    const certificate = join(tree, before, 'keys', `${publisher.fingerprint}.asc`);
    writeFileSync(certificate, `${readFileSync(certificate, 'utf8')}\n`);
    const between = await flippingAfter('/keys/', () => live(after));
    const { error } = await attempt({ url: between.url, trust: { keyid: publisher.fingerprint } });
    await between.close();
    expect([error, between.flips()]).toEqual([undefined, 1]);
  });

  it('is not read for ever when a file is just missing', async () => {
    const gone = join(tree, 'gone');
    const shards = join(tree, 'live/cooper/v1/shards');
    renameSync(shards, gone);
    const stages: string[] = [];
    const { error } = await attempt({
      trust: { keyid: publisher.fingerprint },
      onStage: (stage) => stages.push(stage),
    });
    renameSync(gone, shards);
    expect(error?.code).toBe('not-found-on-server');
    expect(stages).toEqual(['catalog', 'manifest', 'catalog']);
  });

  /** A server in front of ours that does something once after the first answer below a path. */
  async function flippingAfter(prefix: string, flip: () => void) {
    let flips = 0;
    const front = createServer((request, response) => {
      get(`${server.url}${request.url}`, (answer) => {
        answer.on('end', () => {
          if (!request.url?.startsWith(prefix) || flips > 0) return;
          flips += 1;
          flip();
        });
        response.writeHead(answer.statusCode ?? 500, answer.headers);
        answer.pipe(response);
      });
    });
    await new Promise<void>((resolve) => front.listen(0, '127.0.0.1', resolve));
    return {
      url: `http://127.0.0.1:${(front.address() as AddressInfo).port}`,
      flips: () => flips,
      close: () => new Promise((resolve) => front.close(resolve)),
    };
  }
});
