// Which files a build has and how large they are, before anything large is fetched.

import { CooperError } from '../../errors/index.ts';
import { fetchSize, together } from '../../fetch/index.ts';
import { addressBelow } from '../verify/server-address.ts';
import { type FileFetching, filesOf, requireBearable, type WantedFile } from './fetch-files.ts';
import type { UpstreamBuild } from './upstream-build.ts';

/**
 * The files with their sizes, where the server tells them; what it does not have and need not have is left out. Asks for sizes that no
 * document tells. `metadata`: whether those of LXD are wanted.
 * @throws CooperError 'origin-incomplete', 'download-too-large'; what fetchSize throws
 */
export async function sizedFiles(
  build: UpstreamBuild,
  metadata: boolean,
  fetching: FileFetching,
): Promise<readonly WantedFile[]> {
  const works = filesOf(build, metadata).map((file) => (signal: AbortSignal) => sized(file, { ...fetching, signal }));
  return (await together(fetching.signal, works)).flatMap((file) => file ?? []);
}

async function sized(file: WantedFile, { server, transport, signal }: FileFetching): Promise<WantedFile | undefined> {
  const address = addressBelow(server, file.path).href;
  try {
    const size = file.size ?? (await fetchSize(address, { transport, signal }));
    requireBearable(file.name, size, address);
    return { ...file, size };
  } catch (error) {
    if (!(error instanceof CooperError && error.code === 'not-found-on-server')) throw error;
    if (file.isOptional) return undefined;
    throw new CooperError('origin-incomplete', {
      what: `${address} is not there, although it is listed`,
      cause: error,
    });
  }
}
