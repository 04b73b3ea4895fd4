// `tree/mirror/unchanged`: a mirror's run when its origin has nothing new, beside the one conditional request that it takes.

import { join } from 'node:path';
import { createTransport } from '../../fetch/index.ts';
import { wholeSelection } from '../../image/index.ts';
import { generatePublisherKey, openSigner } from '../../keys/sign.ts';
import { mirror, publish, serve } from '../../server/index.ts';
import type { Comparison } from '../comparison.ts';
import { compareCosts } from '../result.ts';
import { syntheticBuild } from './synthetic-build.ts';
import { inTurns, type TreeBed } from './test-bed.ts';

export const mirrorUnchanged: Comparison<TreeBed> = {
  name: 'tree/mirror/unchanged',
  peers: ['conditional-request'],
  measure: async (bed) => {
    const folder = join(bed.folder, 'origin');
    const [tree, keys, now] = [join(folder, 'tree'), join(folder, 'keys'), new Date()];
    await generatePublisherKey(keys, { passphrase: undefined, now });
    const signer = await openSigner(keys, now);
    const id = { distribution: 'debian', release: 'bookworm', architecture: 'amd64', variant: 'mini' };
    const made = await syntheticBuild(join(folder, 'build'), signer, id, '20260201_12:00', 1_000_000);
    await publish(tree, [made], signer, now);
    const server = await serve({ tree, host: '127.0.0.1', port: 0 });
    const transport = createTransport();
    const address = `${server.url}/cooper/v1/catalog`;
    const etag = (await fetch(address)).headers.get('etag') ?? '';
    const request = {
      server: server.url,
      trust: { keyid: signer.fingerprint },
      trustDir: join(folder, 'trust'),
      transport,
      grace: 48,
      selection: wholeSelection,
      report: () => undefined,
      signal: new AbortController().signal,
    };
    try {
      const costs = await inTurns(
        [
          {
            name: 'mirror',
            run: async () => void (await mirror(join(folder, 'mirror'), { ...request, now: new Date() })),
          },
          { name: 'request', run: () => ask(address, etag) },
        ],
        bed.options,
      );
      const [ours, peer] = [costs.get('mirror'), costs.get('request')];
      return ours === undefined || peer === undefined
        ? []
        : compareCosts('tree/mirror/unchanged', 'request', ours, peer);
    } finally {
      transport.close();
      await server.close(0);
    }
  },
};

async function ask(address: string, etag: string): Promise<void> {
  const { status } = await fetch(address, { headers: { 'if-none-match': etag } });
  if (status !== 304) throw new Error(`status ${status}`);
}
