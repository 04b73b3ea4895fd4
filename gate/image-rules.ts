// All rules of the archives of an image, in the order in which they are reported.

import { bootRule } from './boot-rule.ts';
import type { ImageRule } from './rule.ts';
import { excludes } from './rules/excludes.ts';
import { hostConfig } from './rules/host-config.ts';
import { metaMembers } from './rules/meta-members.ts';
import { stockUnpack } from './rules/stock-unpack.ts';
import { rootRules } from './rules.ts';

/** Rules that judge what was packed. */
export const imageRules: readonly ImageRule[] = Object.freeze([metaMembers, hostConfig, excludes, stockUnpack]);

/** Codes of all rules of the gate, in the order in which they are judged. */
export const ruleCodes: readonly string[] = [...rootRules, ...imageRules, bootRule].map(({ code }) => code);
