// The parts of a definition that say how its image is built: network of its scripts, how programs are confined, how the root is
// packed. The defaults are the safe ones; what loosens them needs the word of whoever builds (builder/allowances.ts).

import { z } from 'zod';
import { capabilityNames, isolationDefaults, sharedNamespaceNames } from './isolation.ts';
import { bytes, expecting, processes } from './schema-parts.ts';

const noDots = /^(?!.*(?:^|\/)\.{1,2}(?:\/|$))/;
const upstream = z
  .url({ protocol: /^https?$/, ...expecting('an http or https URL') })
  .regex(/^[^?#@]*$/, expecting('a URL without credentials, query or fragment'))
  .describe('Everything below it may be fetched; https is spoken to it from outside');

const proxy = z.strictObject({
  upstreams: z
    .record(
      z.string().regex(/^[a-z0-9][a-z0-9.-]{0,63}$/, expecting('a name of lower-case letters, digits, . and -')),
      upstream,
    )
    .refine((upstreams) => Object.keys(upstreams).length > 0, expecting('at least one upstream')),
  limit: bytes.default(isolationDefaults.fetchLimit).describe('Of all that one build fetches together'),
});

/** `none`, or what the scripts of the definition may fetch through the proxy. */
export const networkSchema = z.union([z.literal('none'), z.strictObject({ proxy })]).default('none');

const bind = z.strictObject({
  source: z
    .string()
    .regex(/^(?:\/[^/\0\n]+)+$/, expecting('an absolute path without // or a trailing /'))
    .regex(noDots, expecting('a path without . and ..'))
    .describe('A path of the machine that builds; needs its allowance'),
  target: z
    .string()
    .regex(/^\/(?:run|tmp)(?:\/[^/\0\n]+)+$/, expecting('a path below /run or /tmp, so that nothing of it stays'))
    .regex(noDots, expecting('a path without . and ..')),
});

/** How programs inside are confined. Whatever is left out has its safe default. */
export const isolationSchema = z
  .strictObject({
    shareNamespaces: z.array(z.enum(sharedNamespaceNames)).default([]).describe('Those of the builder, shared'),
    capabilities: z.array(z.enum(capabilityNames)).optional().describe('All that programs keep, instead of the usual'),
    seccomp: z.enum(['guarded', 'off']).default('guarded'),
    memory: bytes.default(isolationDefaults.memory),
    pids: processes.default(isolationDefaults.pids).describe('Processes and threads at once'),
    seconds: z.int().min(1).max(604_800).default(isolationDefaults.seconds).describe('For each script'),
    binds: z.array(bind).default([]).describe('Shown to scripts read-only'),
  })
  .prefault({});

/** How the root filesystem is packed. */
export const rootfsSchema = z
  .strictObject({
    filter: z
      .enum(['plain', 'x86'])
      .default('plain')
      .describe("x86: programs of amd64 and i386 take less, but BusyBox's xz cannot read the image"),
    zstd: z
      .int()
      .min(1)
      .max(19)
      .optional()
      .describe(
        'Level of a rootfs.tar.zst beside rootfs.tar.xz: larger, but far faster to unpack; higher ones would need more memory there',
      ),
  })
  .prefault({});
