// From the sections `network` and `isolation` of a definition to what the builder takes. Pure.

import type { z } from 'zod';
import { type Isolation, isolationDefaults, type NetworkPolicy } from './isolation.ts';
import type { isolationSchema, networkSchema } from './schema-building.ts';

/** The network section as the builder takes it. */
export function networkPolicy(network: z.infer<typeof networkSchema>): NetworkPolicy {
  if (network === 'none') return { kind: 'none' };
  const { upstreams, limit } = network.proxy;
  return { kind: 'proxy', upstreams: Object.entries(upstreams).map(([name, url]) => ({ name, url })), limit };
}

/** The isolation section, filled. */
export function isolationOf(isolation: z.infer<typeof isolationSchema>): Isolation {
  return { ...isolation, capabilities: isolation.capabilities ?? isolationDefaults.capabilities };
}
