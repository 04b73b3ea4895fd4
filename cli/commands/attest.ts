// cooper attest: publishes what somebody else has signed of a build, so that clients that ask for several publishers find it. Also renews
// the certificate of somebody who has.

import { CooperError } from '../../errors/index.ts';
import { parseChannel } from '../../image/index.ts';
import { attest, renewAttesters } from '../../server/index.ts';
import { imageName } from '../../variants/identity.ts';
import { readCertificateFile, readGivenFile } from '../certificate-file.ts';
import { type CommandContext, printResult } from '../context.ts';
import { openHome } from '../home.ts';
import { publishedImage } from '../marking.ts';
import { openPublisherKey } from '../publisher.ts';

interface AttestOptions {
  readonly signature?: string;
  readonly certificate: string;
  readonly channel?: string;
}

/** Without an image the certificate alone is taken. Throws what `attest` and `renewAttesters` do. */
export async function attestBuild(
  context: CommandContext,
  name: string | undefined,
  build: string | undefined,
  options: AttestOptions,
): Promise<number> {
  const { signature } = options;
  if (name === undefined && signature === undefined) return renew(context, options.certificate);
  if (name === undefined || signature === undefined) {
    throw new CooperError('bad-usage', {
      what: name === undefined ? 'no image named that was signed' : 'no signature given',
      next: 'Name the image, and its signature with --signature FILE; --certificate FILE alone renews a certificate.',
    });
  }
  const image = publishedImage(name);
  const channel = parseChannel(options.channel);
  const certificates = await readCertificateFile(options.certificate);
  const text = (await readGivenFile(signature)).toString('utf8');
  const home = openHome(context.home);
  const signer = await openPublisherKey(home.keys, context);
  const request = { image, build, channel, signature: text, certificates };
  const done = await attest(home.tree, request, signer, context.now, { signal: context.signal });
  const { generation, ...attested } = done;
  const document = { image: imageName(image), ...attested, generation: generation?.serial ?? null };
  const who = `${done.fingerprint} (${done.userIds[0] ?? 'no name'})`;
  printResult(context, document, `${document.image} ${done.build} is attested by ${who}; ${stateOf(generation)}\n`);
  return 0;
}

async function renew(context: CommandContext, file: string): Promise<number> {
  const certificates = await readCertificateFile(file);
  const home = openHome(context.home);
  const signer = await openPublisherKey(home.keys, context);
  const { signal } = context;
  const { fingerprints, generation } = await renewAttesters(home.tree, certificates, signer, context.now, { signal });
  const document = { fingerprints, generation: generation?.serial ?? null };
  printResult(context, document, `certificate of ${fingerprints.join(', ')}; ${stateOf(generation)}\n`);
  return 0;
}

function stateOf(generation: { readonly serial: number } | undefined): string {
  return generation === undefined ? 'nothing to change' : `generation ${generation.serial} is live`;
}
