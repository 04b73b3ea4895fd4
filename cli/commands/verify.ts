// cooper verify: audits a published tree. Status 3 when anything in it is not as it should be.

import { existsSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { matchesFilter, parseImageFilter } from '../../client/index.ts';
import { CooperError, exitStatus } from '../../errors/index.ts';
import { createStages } from '../../events/index.ts';
import { type Fingerprint, parseFingerprint } from '../../keys/index.ts';
import { type AuditedTree, auditTree, compareWithOrigin, type Finding } from '../../server/index.ts';
import type { ImageId } from '../../variants/identity.ts';
import { type CommandContext, printResult } from '../context.ts';
import { formatBytes } from '../render.ts';
import { openTransport } from '../server-access.ts';

interface VerifyOptions {
  readonly keyid?: string;
  readonly remote?: string;
  readonly ca?: string;
}

/** Looks at everything and tells every fault. */
export async function verify(
  context: CommandContext,
  what: string | undefined,
  options: VerifyOptions,
): Promise<number> {
  const { now, signal } = context;
  const { tree, only } = subjectOf(context, what);
  const publisher = options.keyid === undefined ? undefined : pinned(options.keyid);
  const stages = createStages(context.report, signal);
  const audited = await stages.run('verify', (report) =>
    auditTree(tree, {
      publisher,
      only,
      now,
      signal,
      onProgress: (done, total) => report.progress(done, total, 'items'),
    }),
  );
  const remote =
    options.remote === undefined ? [] : await againstOrigin(context, tree, audited, options.remote, options);
  const findings = [...audited.findings, ...remote];
  printResult(context, { tree, ...audited, findings }, textOf(tree, { ...audited, findings }));
  return findings.length === 0 ? 0 : exitStatus.refused;
}

interface Subject {
  readonly tree: string;
  readonly only?: (image: ImageId) => boolean;
}

/** A folder of a tree or of a home; else the name of an image in the own tree. */
function subjectOf({ home }: CommandContext, what: string | undefined): Subject {
  if (what === undefined) return { tree: home.tree };
  const folder = resolve(what);
  if (/^[./]/.test(what) || (existsSync(folder) && statSync(folder).isDirectory())) {
    return { tree: existsSync(join(folder, 'tree')) ? join(folder, 'tree') : folder };
  }
  const filter = parseImageFilter(what);
  return { tree: home.tree, only: (image) => matchesFilter(image, filter) };
}

function pinned(text: string): Fingerprint {
  const fingerprint = parseFingerprint(text);
  if (fingerprint !== undefined) return fingerprint;
  throw new CooperError('bad-usage', {
    what: `${JSON.stringify(text)} is not the fingerprint of a key`,
    next: 'Give --keyid all 40 hexadecimal digits.',
  });
}

async function againstOrigin(
  context: CommandContext,
  tree: string,
  { fingerprint }: AuditedTree,
  server: string,
  options: VerifyOptions,
): Promise<readonly Finding[]> {
  const transport = await openTransport(options, context);
  try {
    const { home, now, signal } = context;
    const trust = { keyid: options.keyid ?? fingerprint };
    return await compareWithOrigin(tree, { server, trust, trustDir: home.trust, transport, now, signal });
  } finally {
    transport.close();
  }
}

function textOf(tree: string, { findings, builds, images, bytes, serial, fingerprint, expires }: AuditedTree): string {
  const whose = fingerprint === undefined ? '' : `, of ${fingerprint}, valid until ${expires?.slice(0, 10)}`;
  const looked = `${builds} builds of ${images} images, ${formatBytes(bytes)}`;
  if (findings.length === 0) return `${tree}: generation ${serial}${whose}: ${looked}: no faults\n`;
  const lines = findings.map(({ path, problem }) => `${path} ${problem}\n`);
  return `${lines.join('')}${tree}: ${looked}: ${findings.length} faults\n`;
}
