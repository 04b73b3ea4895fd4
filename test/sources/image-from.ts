// An image that has nothing but a source.

import { isolationDefaults } from '../../variants/index.ts';
import type { ImageLayer, ResolvedImage, Source } from '../../variants/resolved.ts';

/** Of one variant, without files and actions. `layer`: what it asks of the source. */
export function imageFrom(source: Source, layer: Partial<ImageLayer> = {}): ResolvedImage {
  return {
    distribution: 'test',
    release: 'one',
    architecture: 'amd64',
    variant: 'default',
    title: 'Test',
    releaseVersion: '1',
    source,
    layers: [
      {
        ...{ variant: 'default', base: 'essential', include: [], exclude: [], recommends: false },
        ...{ files: [], actions: [], ...layer },
      },
    ],
    devices: [],
    lxc: { config: '', configUser: '', createMessage: '', templates: [], expiryDays: 30 },
    waivers: [],
    network: { kind: 'none' },
    isolation: {
      shareNamespaces: [],
      capabilities: isolationDefaults.capabilities,
      seccomp: 'guarded',
      memory: isolationDefaults.memory,
      pids: isolationDefaults.pids,
      seconds: isolationDefaults.seconds,
      binds: [],
    },
    filter: 'plain',
  };
}
