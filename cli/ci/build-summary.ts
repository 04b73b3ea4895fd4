// The summary of one run of `cooper build`, from the first image to the last: remembers what was published before each image
// is built, since a new build takes its place. Does nothing when nobody asked for a summary.

import { CooperError } from '../../errors/index.ts';
import { listPublished } from '../../server/index.ts';
import { imageName } from '../../variants/index.ts';
import type { CommandContext } from '../context.ts';
import { readBuildFacts } from './build-facts.ts';
import { deliverCounts, deliverSummary } from './deliver-summary.ts';
import type { ImageRun } from './image-runs.ts';
import { type BuildFacts, summaryMarkdown } from './summary.ts';

/** What a run of `cooper build` does for its summary. */
export interface BuildSummary {
  /** To be called before the images are built. */
  readonly remember: (images: readonly string[]) => Promise<void>;
  /** Writes it all. Throws `bad-usage` when a file cannot be written. */
  readonly deliver: (runs: readonly ImageRun[]) => void;
}

/** `file` is that of --summary, `channel` the one that is built for. GitHub's $GITHUB_STEP_SUMMARY and $GITHUB_OUTPUT get theirs when they are set. */
export function openBuildSummary(context: CommandContext, file: string | undefined, channel: string): BuildSummary {
  const { env, home } = context;
  const wanted = file !== undefined || Boolean(env.GITHUB_STEP_SUMMARY);
  const before = new Map<string, BuildFacts | undefined>();
  return {
    remember: async (images) => {
      if (!wanted) return;
      for (const { directory, ...published } of await listPublished(home.tree, channel)) {
        const image = imageName(published);
        if (images.includes(image)) before.set(image, readBuildFacts(directory));
      }
    },
    deliver: (runs) => {
      deliverCounts(runs, env);
      if (!wanted) return;
      const images = runs.map((run) => ({ run, before: before.get(run.image), now: factsAfter(run) }));
      deliverSummary(summaryMarkdown(images), file, env);
    },
  };
}

function factsAfter({ outcome }: ImageRun): BuildFacts | undefined {
  return outcome instanceof CooperError ? undefined : readBuildFacts(outcome.directory);
}
