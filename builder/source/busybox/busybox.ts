// The smallest images: one static busybox out of a package of an archive in Debian's form, verified as any package, and the names of
// all its programs. Everything else is the definition's.

import { CooperError } from '../../../errors/index.ts';
import type { BusyboxSource, ResolvedImage } from '../../../variants/resolved.ts';
import type { ArchiveIndex } from '../debian/indices.ts';
import { lockedIndices, openArchive } from '../debian/open-archive.ts';
import { slotFor } from '../debian/slot.ts';
import { wantedOf } from '../debian/wanted-of.ts';
import type { Choice, OpenSource, OwnersQuestion, SourceKind } from '../kind.ts';
import { installBusybox, program } from './install.ts';

/** @throws CooperError of what the functions that it is made of throw */
export const busybox: SourceKind<'busybox'> = {
  async open(image, request): Promise<OpenSource> {
    const { source, architecture } = image;
    // The release is one of busybox; the host's mirrors are known by those of the archive.
    const release = source.suites[0]?.name ?? image.release;
    const { bases, index, fetch } = await openArchive(source, { release, architecture }, request);
    return {
      bases,
      async choose(images, stages) {
        const found = await index(stages);
        return stages.run('resolve', async () => images.map((each) => chooseFor(each, source, found)));
      },
      fetch,
      install: installBusybox,
      scrub: 'scrub',
      owners,
    };
  },
};

function chooseFor({ layers }: ResolvedImage, source: BusyboxSource, index: ArchiveIndex): Choice {
  const { universe, architecture } = index;
  const found = universe.candidate(slotFor(source.package, architecture, architecture));
  if (found === undefined) {
    throw new CooperError('package-unknown', {
      what: `no suite has the package ${source.package} for ${architecture}`,
    });
  }
  const packages = wantedOf({ packages: [found], essential: new Set([found]), automatic: new Set() });
  return {
    chain: layers.map((layer) => ({ layer, packages })),
    epoch: index.epoch,
    indices: lockedIndices(index),
    vouched: 'signature',
  };
}

/** There is one file, and links to it, which have no content. */
const owners: OwnersQuestion = async (_root, layers) => {
  return layers.flatMap(({ added }, layer) =>
    added.map(({ name, source }) => ({ layer, source: source.name, package: name, paths: [program] })),
  );
};
