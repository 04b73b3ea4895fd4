// cooper check: the gate alone, on a build that is there: of the own tree, or in a folder.

import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { openWorkspace } from '../../builder/index.ts';
import { parseImageName } from '../../client/index.ts';
import { CooperError, exitStatus } from '../../errors/index.ts';
import {
  findingLine,
  type ImageVerdict,
  type RuleReport,
  readGateReport,
  readHostTraces,
  runImageGate,
} from '../../gate/index.ts';
import { type Manifest, parseChannel } from '../../image/index.ts';
import { buildIdMap } from '../../native/index.ts';
import { listPublished } from '../../server/index.ts';
import { hostArchitecture, imageName } from '../../variants/index.ts';
import { readManifest } from '../build-documents.ts';
import { type CommandContext, printResult } from '../context.ts';
import { bootChoice } from '../gate.ts';
import { openHome } from '../home.ts';

interface CheckOptions {
  readonly bootGate?: string;
  readonly strict?: boolean;
  readonly channel?: string;
}

/** Judges the build by every rule; status 3 when one is broken. Waivers are those that the build was made with. */
export async function check(context: CommandContext, name: string, options: CheckOptions): Promise<number> {
  const boot = bootChoice(options.bootGate);
  const directory = await buildFolder(context, name, parseChannel(options.channel));
  const manifest = manifestIn(directory);
  const recorded = await readGateReport(directory);
  const home = openHome(context.home);
  const workspace = await openWorkspace(home.builds, await buildIdMap());
  try {
    const verdict = await runImageGate({
      directory,
      size: manifest.rootfs.size,
      scratch: join(workspace.path, 'gate'),
      withRoot: true,
      unpack: true,
      host: await readHostTraces(),
      waivers: options.strict === true ? [] : (recorded?.waivers ?? []),
      boot,
      native: manifest.architecture === hostArchitecture(),
      env: context.env,
      signal: context.signal,
    });
    printResult(context, documentOf(directory, manifest, verdict), textOf(verdict));
    return isKept(verdict) ? 0 : exitStatus.refused;
  } finally {
    await workspace.remove();
  }
}

/** A path is one that looks so, or that holds a build; everything else is the name of an image. */
async function buildFolder(context: CommandContext, name: string, channel: string): Promise<string> {
  if (/^(?:\/|\.\.?(?:\/|$))/.test(name) || existsSync(join(name, 'image.json'))) return resolve(name);
  const wanted = imageName(parseImageName(name, hostArchitecture()));
  const found = (await listPublished(context.home.tree, channel)).find((image) => imageName(image) === wanted);
  if (found !== undefined) return found.directory;
  throw new CooperError('not-published', {
    what: `${wanted} is not published in ${context.home.tree}, channel ${channel}`,
    next: 'See `cooper list`, or name the folder of a build.',
  });
}

function manifestIn(directory: string): Manifest {
  const file = join(directory, 'image.json');
  if (!existsSync(file)) throw notABuild(`there is no ${file}`);
  return readManifest(directory);
}

function notABuild(what: string): CooperError {
  return new CooperError('bad-usage', { what, next: 'Name a folder that holds a build, or an image.' });
}

const isKept = ({ rules }: ImageVerdict) => rules.every(({ findings }) => findings.length === 0);

function documentOf(directory: string, manifest: Manifest, verdict: ImageVerdict): object {
  return {
    image: imageName(manifest),
    build: manifest.build,
    directory,
    passed: isKept(verdict),
    rules: verdict.rules.map(({ code, title, findings, waived, notes, skipped }) => ({
      code,
      title,
      outcome: outcomeOf({ findings, waived, skipped }),
      ...(skipped === undefined ? {} : { reason: skipped }),
      findings,
      waived,
      notes,
    })),
    boots: verdict.boots,
    privileged: verdict.privileged,
  };
}

type Said = Pick<RuleReport, 'findings' | 'waived'> & { readonly skipped: string | undefined };

function outcomeOf({ findings, waived, skipped }: Said): 'broken' | 'skipped' | 'waived' | 'kept' {
  if (findings.length > 0) return 'broken';
  if (skipped !== undefined) return 'skipped';
  return waived.length > 0 ? 'waived' : 'kept';
}

const marks = { broken: '✗', skipped: '–', waived: '~', kept: '✓' };

function textOf({ rules, notices }: ImageVerdict): string {
  const lines = rules.flatMap(({ code, title, findings, waived, skipped }) => [
    `${marks[outcomeOf({ findings, waived, skipped })]} ${code.padEnd(16)} ${title}`,
    ...findings.map((finding) => `    ${findingLine(code, finding)}`),
  ]);
  return [...lines, ...notices.map((notice) => `  note: ${notice}`), ''].join('\n');
}
