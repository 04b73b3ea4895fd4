// gate.json: what the gate said of one build, so that the next build can be compared with it and nobody has to ask
// again. Beside the image, not in it: the bytes of an image do not depend on the machine that judged it.

import { z } from 'zod';
import { documentHead, sha256Schema } from './manifest-parts.ts';

const finding = { path: z.string().describe('Absolute'), message: z.string() };

/** gate.json, schema version 1. */
export const gateReportSchema = z.object({
  ...documentHead,
  kind: z.literal('cooper.gate'),
  rootfs: sha256Schema.describe('Of the tar inside rootfs.tar.xz that was judged'),
  rules: z
    .array(
      z.object({
        code: z.string().describe('As in `gate.waive` of a definition'),
        outcome: z.enum(['kept', 'waived', 'skipped']).describe('A build whose rule is broken has no report'),
        reason: z.string().optional().describe('Why the rule could not be judged'),
        waived: z
          .array(z.object({ ...finding, reason: z.string().describe('Of the definition') }))
          .describe('Findings that the definition answers for'),
        notes: z.array(z.object(finding)).describe('What is worth knowing and refuses nothing'),
      }),
    )
    .describe('Every rule, in the order in which they are judged'),
  waivers: z
    .array(z.object({ rule: z.string(), reason: z.string(), paths: z.array(z.string()) }))
    .describe('Of the definition, used or not'),
  privileged: z
    .array(
      z.object({
        path: z.string().describe('Absolute'),
        grants: z.array(z.string()).describe('`setuid 0`, `setgid 42`, `cap_net_raw=ep`'),
        package: z.string().optional().describe('Who put it there'),
      }),
    )
    .describe('Files that give whoever runs them more rights'),
  boots: z
    .array(
      z.object({
        mode: z.enum(['privileged', 'unprivileged']),
        outcome: z.enum(['booted', 'skipped']),
        reason: z.string().optional().describe('Why it was not tried'),
      }),
    )
    .describe('Containers of the image that were started with LXC and stopped again'),
});

export type GateReport = z.infer<typeof gateReportSchema>;
