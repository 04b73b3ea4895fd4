// Runs a workflow of GitHub Actions on this machine: jobs in the order of their needs, the matrix expanded, each `run` by
// bash with the files and variables that the real runner gives, each `uses` by github-actions.ts.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runInNewContext } from 'node:vm';
import { parse } from 'yaml';
import { checkout, machine, runScript } from './bash-step.ts';
import { actions } from './github-actions.ts';

interface Step {
  readonly id?: string;
  readonly if?: string;
  readonly uses?: string;
  readonly with?: Readonly<Record<string, string>>;
  readonly run?: string;
  readonly env?: Readonly<Record<string, string>>;
}

interface Job {
  readonly needs?: string | readonly string[];
  readonly if?: string;
  readonly outputs?: Readonly<Record<string, string>>;
  readonly strategy?: { readonly matrix: string };
  readonly steps: readonly Step[];
}

interface Workflow {
  readonly env?: Readonly<Record<string, string>>;
  readonly jobs: Readonly<Record<string, Job>>;
}

type Values = Readonly<Record<string, unknown>>;

/** What the workflow finds. `folder` is for this run's files; `caches` outlives it. */
export interface Surroundings {
  readonly folder: string;
  readonly caches: string;
  readonly runId: string;
  readonly inputs: Readonly<Record<string, string>>;
  readonly secrets: Readonly<Record<string, string>>;
  readonly vars: Readonly<Record<string, string>>;
  /** Called with RUNNER_TEMP of each job before its steps. */
  readonly prepare: (temp: string) => void;
}

/** What became of a job: of each cell of its matrix, or of itself. */
export interface RanJob {
  readonly result: 'success' | 'skipped';
  readonly outputs: Readonly<Record<string, string>>;
  /** All that its steps said and put on the page of the run. */
  readonly log: string;
  readonly summary: string;
}

/** An expression of GitHub's. Its operators and literals are JavaScript's as far as our workflows use them. */
function evaluate(expression: string, contexts: Values): unknown {
  const functions = {
    fromJSON: (text: string) => JSON.parse(text) as unknown,
    cancelled: () => false,
    failure: () => false,
  };
  return runInNewContext(expression, { ...contexts, ...functions });
}

function filled(text: unknown, contexts: Values): string {
  return String(text).replaceAll(/\$\{\{(.*?)\}\}/gs, (_, expression: string) =>
    String(evaluate(expression, contexts) ?? ''),
  );
}

const filledAll = (values: Values | undefined, contexts: Values): Record<string, string> =>
  Object.fromEntries(Object.entries(values ?? {}).map(([name, value]) => [name, filled(value, contexts)]));

const holds = (condition: string | undefined, contexts: Values): boolean =>
  condition === undefined || Boolean(evaluate(condition.replace(/^\$\{\{(.*)\}\}$/s, '$1'), contexts));

/** `name=value` lines, as $GITHUB_OUTPUT and $GITHUB_ENV have them. */
function assignments(file: string): Record<string, string> {
  const lines = readFileSync(file, 'utf8').split('\n').filter(Boolean);
  return Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]));
}

/** Runs every job; throws when a step fails. */
export async function runWorkflow(file: string, around: Surroundings): Promise<Record<string, readonly RanJob[]>> {
  const workflow = parse(readFileSync(file, 'utf8')) as Workflow;
  const ran: Record<string, readonly RanJob[]> = {};
  for (const [name, job] of Object.entries(workflow.jobs)) {
    const wanted = typeof job.needs === 'string' ? [job.needs] : (job.needs ?? []);
    const needs = Object.fromEntries(
      wanted.map((need) => {
        const [first] = ran[need] ?? [];
        if (first === undefined) throw new Error(`${name} needs ${need}, which stands after it`);
        return [need, { result: first.result, outputs: first.outputs }];
      }),
    );
    const github = { run_id: around.runId, workspace: checkout };
    const contexts = { github, needs, inputs: around.inputs, vars: around.vars, secrets: around.secrets };
    ran[name] = await runJob(`${around.folder}/${name}`, workflow, job, contexts, around);
  }
  return ran;
}

async function runJob(
  folder: string,
  workflow: Workflow,
  job: Job,
  contexts: Values & { readonly needs: Values },
  around: Surroundings,
): Promise<readonly RanJob[]> {
  // Without a condition of its own a job is skipped when one that it needs was.
  const needed = Object.values(contexts.needs) as readonly { readonly result: string }[];
  const ready = job.if !== undefined || needed.every(({ result }) => result === 'success');
  if (!ready || !holds(job.if, contexts)) return [{ result: 'skipped', outputs: {}, log: '', summary: '' }];
  if (job.strategy === undefined) return [await runCell(folder, workflow, job, contexts, around)];
  const { include } = evaluate(job.strategy.matrix.replace(/^\$\{\{(.*)\}\}$/s, '$1'), contexts) as {
    include: readonly Values[];
  };
  const cells: RanJob[] = [];
  for (const [index, matrix] of include.entries()) {
    cells.push(await runCell(`${folder}-${index}`, workflow, job, { ...contexts, matrix }, around));
  }
  return cells;
}

async function runCell(
  folder: string,
  workflow: Workflow,
  job: Job,
  contexts: Values,
  around: Surroundings,
): Promise<RanJob> {
  const temp = join(folder, 'temp');
  mkdirSync(temp, { recursive: true });
  around.prepare(temp);
  const files = Object.fromEntries(
    ['GITHUB_OUTPUT', 'GITHUB_ENV', 'GITHUB_STEP_SUMMARY'].map((name) => [name, join(folder, name)]),
  );
  for (const path of Object.values(files)) writeFileSync(path, '');
  const steps: Record<string, { outputs: Readonly<Record<string, string>> }> = {};
  const known: Values = { ...contexts, steps, runner: { temp } };
  let log = '';
  for (const step of job.steps) {
    if (!holds(step.if, known)) continue;
    if (step.uses !== undefined) use(step, known, around);
    if (step.run === undefined) continue;
    writeFileSync(files.GITHUB_OUTPUT ?? '', '');
    const env = {
      ...machine,
      GITHUB_ACTIONS: 'true',
      GITHUB_WORKSPACE: checkout,
      RUNNER_TEMP: temp,
      ...files,
      ...filledAll(workflow.env, known),
      ...assignments(files.GITHUB_ENV ?? ''),
      ...filledAll(step.env, known),
    };
    const { stdout, stderr } = await runScript(filled(step.run, known), ['-e'], env, folder);
    log += stdout + stderr;
    if (step.id !== undefined) steps[step.id] = { outputs: assignments(files.GITHUB_OUTPUT ?? '') };
  }
  const summary = readFileSync(files.GITHUB_STEP_SUMMARY ?? '', 'utf8');
  return { result: 'success', outputs: filledAll(job.outputs, known), log, summary };
}

function use(step: Step, contexts: Values, { caches, folder }: Surroundings): void {
  const name = step.uses?.split('@')[0] ?? '';
  const action = actions[name];
  if (action === undefined) throw new Error(`unknown action ${name}`);
  action({ with: filledAll(step.with, contexts), caches, artifacts: join(folder, 'artifacts') });
}
