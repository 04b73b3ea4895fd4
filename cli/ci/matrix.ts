// The images of a build as cells for fan-out: `strategy.matrix` of GitHub Actions through fromJSON, and what a child pipeline
// of GitLab is made from. Pure.

import { imageName, type ResolvedImage } from '../../variants/index.ts';

/** One image, one job. */
interface MatrixCell {
  readonly image: string;
  readonly distribution: string;
  readonly release: string;
  readonly architecture: string;
  readonly variant: string;
  readonly title: string;
  /** The image's name as one word, for names of artifacts and jobs: `debian-bookworm-amd64-mini`. */
  readonly slug: string;
}

/** `include` as GitHub Actions has it: each item is one job. */
export interface Matrix {
  readonly include: readonly MatrixCell[];
}

/** Jobs that GitHub Actions starts for one matrix (docs.github.com, "Usage limits"). */
export const mostGithubJobs = 256;

/** One cell an image, in their order. */
export function matrixOf(images: readonly ResolvedImage[]): Matrix {
  const include = images.map((image): MatrixCell => {
    const { distribution, release, architecture, variant, title } = image;
    const name = imageName(image);
    return { image: name, distribution, release, architecture, variant, title, slug: name.replaceAll('/', '-') };
  });
  return { include };
}
