// Runs jobs of a GitLab pipeline on this machine: variables expanded, `extends` and local includes followed, the lines of
// `script` by one bash, cache and artifacts kept as folders. Knows what our pipelines use and no more.

import { cpSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parse } from 'yaml';
import { checkout, machine, runScript } from './bash-step.ts';

interface Job {
  readonly extends?: string;
  readonly stage?: string;
  readonly variables?: Readonly<Record<string, string>>;
  readonly script?: readonly string[];
  readonly cache?: { readonly key: string; readonly paths: readonly string[]; readonly policy?: string };
  readonly artifacts?: { readonly paths: readonly string[] };
}

/** A pipeline after its includes. */
export interface Pipeline {
  readonly stages: readonly string[];
  readonly variables: Readonly<Record<string, string>>;
  readonly jobs: Readonly<Record<string, Job>>;
}

const global = new Set(['stages', 'variables', 'include']);

/** Reads a pipeline with what it includes from the checkout. */
export function readPipeline(file: string): Pipeline {
  const raw = parse(readFileSync(file, 'utf8')) as Record<string, unknown> & {
    readonly include?: readonly { readonly local: string }[];
    readonly stages?: readonly string[];
    readonly variables?: Readonly<Record<string, string>>;
  };
  const below = (raw.include ?? []).map(({ local }) => readPipeline(join(checkout, local)));
  const own = Object.entries(raw).filter(([name]) => !global.has(name)) as [string, Job][];
  return {
    stages: raw.stages ?? below.flatMap(({ stages }) => stages),
    variables: Object.assign({}, ...below.map(({ variables }) => variables), raw.variables),
    jobs: Object.assign({}, ...below.map(({ jobs }) => jobs), Object.fromEntries(own)),
  };
}

/** Where one job runs. `project` stands for its clone: the artifacts of earlier jobs are there. */
export interface JobPlace {
  readonly project: string;
  readonly caches: string;
  readonly variables: Readonly<Record<string, string>>;
}

/** Names of the jobs that run, by stage. */
export function jobsInOrder({ stages, jobs }: Pipeline): readonly string[] {
  const names = Object.keys(jobs).filter((name) => !name.startsWith('.'));
  const stageOf = (name: string): number => stages.indexOf(complete(jobs, name).stage ?? 'test');
  const odd = names.find((name) => stageOf(name) < 0);
  if (odd !== undefined) throw new Error(`the job ${odd} is in no stage`);
  return names.sort((one, other) => stageOf(one) - stageOf(other));
}

function complete(jobs: Pipeline['jobs'], name: string): Job {
  const job = jobs[name];
  if (job === undefined) throw new Error(`there is no job ${name}`);
  if (job.extends === undefined) return job;
  const base = complete(jobs, job.extends);
  return { ...base, ...job, variables: { ...base.variables, ...job.variables } };
}

/** Runs the script of a job; gives what it said. */
export async function runJob(pipeline: Pipeline, name: string, place: JobPlace): Promise<string> {
  const job = complete(pipeline.jobs, name);
  const { project, caches } = place;
  mkdirSync(project, { recursive: true });
  const predefined = { CI_PROJECT_DIR: project, GITLAB_CI: 'true' };
  const given: Record<string, string> = { ...predefined, ...pipeline.variables, ...job.variables, ...place.variables };
  const expand = (text: string): string => text.replaceAll(/\$(\w+)/g, (_, key: string) => given[key] ?? '');
  const env = Object.fromEntries(Object.entries(given).map(([key, value]) => [key, expand(value)]));
  const { key = '', paths = [], policy } = job.cache ?? {};
  for (const path of paths) copyIfThere(join(caches, key, path), join(project, path));
  // The clone has the files of the project; what jobs leave there goes to `project` instead.
  const lines = (job.script ?? []).map((line) => line.replaceAll(/(?<![\w/$-])(docs|bin)\//g, `${checkout}$1/`));
  const { stdout, stderr } = await runScript(
    [`cd "${project}"`, ...lines].join('\n'),
    ['-eo', 'pipefail'],
    { ...machine, ...env },
    project,
  );
  if (policy !== 'pull') for (const path of paths) copyIfThere(join(project, path), join(caches, key, path));
  const missing = (job.artifacts?.paths ?? []).find((path) => !existsSync(join(project, path)));
  if (missing !== undefined) throw new Error(`the job ${name} has not made its artifact ${missing}`);
  return stdout + stderr;
}

function copyIfThere(from: string, to: string): void {
  if (!existsSync(from)) return;
  mkdirSync(dirname(to), { recursive: true });
  cpSync(from, to, { recursive: true, verbatimSymlinks: true, preserveTimestamps: true });
}
