// A home with a warm cache of the small image, and what the tests of the cache do with copies of it.

import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { chooseKept, type KeptImage, type KeptRequest } from '../../client/cache/choose-kept.ts';
import {
  type CacheLimits,
  type CreatedContainer,
  type CreateRequest,
  createContainer,
  KeptFiles,
  openPublisher,
} from '../../client/index.ts';
import { parseWantedImage } from '../../client/verify/image-name.ts';
import type { CooperError } from '../../errors/index.ts';
import { openSigner } from '../../keys/sign.ts';
import { publish } from '../../server/index.ts';
import { imageName } from '../../variants/index.ts';
import { type CountingProxy, countingProxy } from './counting-proxy.ts';
import { makeBuild, makePublisher, type Publisher, publishBuilds, serveTree, smallImage } from './publication.ts';
import { createRequest } from './request.ts';

export const now = new Date();
/** Milliseconds. */
export const day = 24 * 3600_000;
export const ago = (milliseconds: number): Date => new Date(now.getTime() - milliseconds);
/** Nothing listens there. */
export const nobody = 'http://127.0.0.1:9';
export const cacheOf = (home: string): string => join(home, 'cache');

const defaultConf = 'lxc.idmap = u 0 2000000 65536\nlxc.idmap = g 0 2000000 65536\n';
/** Nothing goes by itself. */
const endless: CacheLimits = { expiry: 1000 * day, size: 1e12 };

/** How a run ended. */
export interface Outcome {
  readonly made?: CreatedContainer;
  readonly error?: CooperError;
  /** But for those of the host. */
  readonly notices: readonly string[];
}

/** Another server of the publisher, with a build more. */
export interface Newer {
  readonly url: string;
  readonly build: string;
  /** What is published. */
  readonly tree: string;
  close(): Promise<void>;
}

/** The largest archive in the cache of the home. */
export function archiveIn(home: string): string {
  const archives = readdirSync(cacheOf(home)).filter((name) => name.includes('.tar.'));
  const paths = archives.map((name) => join(cacheOf(home), name));
  return paths.sort((one, other) => statSync(other).size - statSync(one).size)[0] ?? expect.fail('no archive');
}

/** A publisher on loopback, and homes of clients below its folder. */
export class CacheBed {
  readonly publisher: Publisher;
  readonly proxy: CountingProxy;
  /** A home that has made a container of the image. */
  readonly warm: string;
  readonly #tree: string;
  readonly #closeOrigin: () => Promise<void>;
  #names = 0;

  private constructor(publisher: Publisher, proxy: CountingProxy, tree: string, closeOrigin: () => Promise<void>) {
    this.publisher = publisher;
    this.proxy = proxy;
    this.#tree = tree;
    this.#closeOrigin = closeOrigin;
    this.warm = this.newHome();
  }

  static async open(): Promise<CacheBed> {
    const publisher = await makePublisher(ago(day));
    const tree = await publishBuilds(publisher, [await makeBuild(publisher, ago(3600_000))], ago(3600_000));
    const origin = await serveTree(tree);
    const bed = new CacheBed(publisher, await countingProxy(origin.url), tree, () => origin.close(0));
    expect((await bed.attempt(bed.warm)).error).toBeUndefined();
    return bed;
  }

  async close(): Promise<void> {
    await this.proxy.close();
    await this.#closeOrigin();
    this.publisher.remove();
  }

  newHome(): string {
    return mkdtempSync(join(this.publisher.folder, 'home-'));
  }

  /** A copy of the warm home, without its container. */
  warmHome(): string {
    const home = this.newHome();
    for (const name of ['cache', 'trust']) execFileSync('cp', ['-a', join(this.warm, name), home]);
    return home;
  }

  /** Makes a container; of one that fails nothing may stay. */
  async attempt(home: string, change: Partial<CreateRequest> = {}): Promise<Outcome> {
    this.#names += 1;
    const base = this.#request(home, `c${this.#names}`);
    const notices: string[] = [];
    const report: CreateRequest['report'] = (event) => {
      if (event.type === 'notice' && event.stage !== 'plan') notices.push(event.message);
    };
    try {
      const made = await createContainer({ cacheLimits: endless, ...base, report, ...change });
      expect(existsSync(join(made.folder, 'rootfs/usr/bin/sh'))).toBe(true);
      return { made, notices };
    } catch (error) {
      const folder = join(home, 'containers');
      const left = existsSync(folder) ? readdirSync(folder) : [];
      expect(left.filter((name) => name === base.name || name.startsWith('.'))).toEqual([]);
      return { error: error as CooperError, notices };
    } finally {
      base.transport.close();
    }
  }

  /** What would be taken of the cache, without making a container of it. */
  async chosen(home: string, change: Partial<KeptRequest> = {}, name = imageName(smallImage)): Promise<KeptImage> {
    const request = this.#request(home, 'none');
    const wanted = parseWantedImage(name, smallImage.architecture);
    try {
      return await chooseKept(wanted, { ...request, kept: new KeptFiles(cacheOf(home)), old: 'refuse', ...change });
    } finally {
      request.transport.close();
    }
  }

  /** Whoever looks at a server remembers its serial. */
  async remember(home: string, server: string): Promise<void> {
    const request = this.#request(home, 'none');
    await openPublisher({ ...request, server });
    request.transport.close();
  }

  async publishAnew(): Promise<Newer> {
    const tree = mkdtempSync(join(this.publisher.folder, 'copy-'));
    execFileSync('cp', ['-a', `${this.#tree}/.`, tree]);
    const build = await makeBuild(this.publisher, ago(600_000), { lxc: { 'create-message': 'Another one.\n' } });
    await publish(tree, [build], await openSigner(this.publisher.keys, ago(600_000)), ago(600_000));
    const server = await serveTree(tree);
    return { url: server.url, build: build.manifest?.build ?? '', tree, close: () => server.close(0) };
  }

  #request(home: string, name: string): CreateRequest {
    return createRequest({ publisher: this.publisher, url: this.proxy.url, home, defaultConf, name, now });
  }
}
