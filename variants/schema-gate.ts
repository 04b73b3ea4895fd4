// What a definition may say about the gate: which findings it answers for, and why. Which rules there are is known to
// gate/; the list here is held to it by a test, so that a mistyped code is a fault with its place and a near match.

import { z } from 'zod';
import { condition, expecting, nonEmpty, text } from './schema-parts.ts';

/** Codes of all rules of the gate. */
export const gateRuleCodes = [
  'no-init',
  'usable-password',
  'authorized-key',
  'ssh-host-key',
  'machine-id',
  'host-trace',
  'device-node',
  'foreign-id',
  'host-attribute',
  'world-writable',
  'privileged-file',
  'meta-member',
  'host-config',
  'excludes',
  'stock-unpack',
  'boot',
] as const;

const pattern = z
  .string()
  .regex(/^\/[^\0\n]*$/, expecting('an absolute path; * stands for a part of a name, ** for any number of names'));

/** One waiver: the findings of a rule, everywhere or at these paths, are known and wanted. */
export const waiverSchema = z.strictObject({
  rule: z.enum(gateRuleCodes),
  reason: text.describe('Why the finding is right for this image; kept in gate.json'),
  paths: nonEmpty(pattern).optional().describe('Of the findings it covers; without it all of the rule'),
  when: condition.optional(),
});

/** The section `gate`. */
export const gateSchema = z.strictObject({ waive: z.array(waiverSchema).default([]) });
