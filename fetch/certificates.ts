// Which certificates https trusts: those given by --ca, and the files that SSL_CERT_FILE and NODE_EXTRA_CA_CERTS name.
// Refuses a file without a single PEM certificate.

import { readFile } from 'node:fs/promises';
import { rootCertificates } from 'node:tls';
import { CooperError } from '../errors/index.ts';

const certificate = /-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/g;

/** Every certificate in a PEM text, in its order; other blocks and comments are passed over. */
export function splitCertificates(text: string): string[] {
  return text.match(certificate) ?? [];
}

/**
 * The certificates to trust, or undefined when nothing was asked for and Node's own are right.
 * `SSL_CERT_FILE` replaces the built-in list, as it does for OpenSSL; `NODE_EXTRA_CA_CERTS` and `files` add to it.
 * @throws CooperError `bad-certificate-file`
 */
export async function loadCertificates(
  files: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): Promise<string[] | undefined> {
  const { SSL_CERT_FILE: base, NODE_EXTRA_CA_CERTS: extra } = environment;
  const additions = [...(extra ? [extra] : []), ...files];
  if (!base && files.length === 0) {
    return undefined;
  }
  const roots = base ? await readCertificates(base) : [...rootCertificates];
  const added = await Promise.all(additions.filter((file) => file !== base).map(readCertificates));
  return [...roots, ...added.flat()];
}

async function readCertificates(file: string): Promise<string[]> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    throw new CooperError('bad-certificate-file', { what: `cannot read the certificates in ${file}`, cause: error });
  }
  const found = splitCertificates(text);
  if (found.length === 0) {
    throw new CooperError('bad-certificate-file', { what: `${file} holds no PEM certificate` });
  }
  return found;
}
