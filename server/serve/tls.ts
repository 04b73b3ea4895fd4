// The server's TLS certificate: files of the operator, or a certificate by a small CA of our own that is kept in a folder and
// renewed in time. The CA's key never leaves its file, which only its owner can read.

import { createPrivateKey, randomBytes, X509Certificate } from 'node:crypto';
import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { hostname, networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { createSecureContext } from 'node:tls';
import { CooperError, explainSystemError, isSystemError } from '../../errors/index.ts';
import type { CertifiedKey } from './certificates.ts';

/** How to come by a certificate: PEM files, or a CA in `folder` (made when missing). */
export type TlsChoice =
  | { readonly kind: 'files'; readonly cert: string; readonly key: string }
  | { readonly kind: 'self-signed'; readonly folder: string };

/** The CA that clients must trust. `fingerprint`: SHA-256 of its certificate, pairs of hexadecimal digits with colons. */
export interface Authority {
  readonly file: string;
  readonly fingerprint: string;
}

/** What a TLS server needs. */
export interface TlsMaterial {
  readonly cert: string;
  readonly key: string;
  readonly authority?: Authority;
}

/**
 * Reads or makes the certificate. A self-signed one holds for localhost, both loopback addresses and `host`; when that
 * means every address of the machine, for its name and for all of them.
 * @throws CooperError 'bad-tls-files', 'no-space'
 */
export async function tlsMaterial(choice: TlsChoice, host: string, now: Date): Promise<TlsMaterial> {
  if (choice.kind === 'self-signed') return selfSigned(choice.folder, host, now);
  try {
    const [cert, key] = await Promise.all([readFile(choice.cert, 'utf8'), readFile(choice.key, 'utf8')]);
    createSecureContext({ cert, key });
    return { cert, key };
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new CooperError('bad-tls-files', { what: `${choice.cert} and ${choice.key}: ${reason}`, cause });
  }
}

async function selfSigned(folder: string, host: string, now: Date): Promise<TlsMaterial> {
  // Loaded only here: other servers and all clients do without.
  const { isCurrent, makeServerCertificate } = await import('./certificates.ts');
  await mkdir(folder, { recursive: true, mode: 0o755 });
  try {
    const authority = await authorityOf(folder, now);
    const caFile = join(folder, 'ca.crt');
    await replace(caFile, authority.certificate, 0o644);
    const known = { file: caFile, fingerprint: new X509Certificate(authority.certificate).fingerprint256 };
    const names = [...new Set(['localhost', '127.0.0.1', '::1', ...namesOf(host)])];
    const kept = await readPair(join(folder, 'server.crt'), join(folder, 'server.key'));
    const root = new X509Certificate(authority.certificate);
    const usable = kept !== undefined && isCurrent(new X509Certificate(kept.certificate), root, names, now);
    const server = usable ? kept : await makeServerCertificate(authority, names, now);
    if (!usable) {
      await replace(join(folder, 'server.key'), server.key, 0o600);
      await replace(join(folder, 'server.crt'), server.certificate, 0o644);
    }
    return { cert: server.certificate, key: server.key, authority: known };
  } catch (error) {
    throw explainSystemError(error, 'writing the TLS certificate');
  }
}

/** The CA's key and certificate share one file, so that they cannot come apart; two servers that start at once agree on one. */
async function authorityOf(folder: string, now: Date): Promise<CertifiedKey> {
  const { days, makeAuthority } = await import('./certificates.ts');
  const file = join(folder, 'ca.key');
  const found = await readPair(file, file);
  const left = found === undefined ? 0 : Date.parse(new X509Certificate(found.certificate).validTo) - now.getTime();
  if (found !== undefined && left > days.server * 24 * 3600 * 1000) return found;
  const made = await makeAuthority(now);
  if (found !== undefined) await rm(file);
  const temporary = await writeBeside(file, made.key + made.certificate, 0o600);
  try {
    await link(temporary, file);
    return made;
  } catch (error) {
    const other = isSystemError(error, 'EEXIST') ? await readPair(file, file) : undefined;
    if (other === undefined) throw error;
    return other;
  } finally {
    await rm(temporary);
  }
}

/** Reads a certificate and its key; undefined when one is missing, unreadable as PEM or the two do not belong together. */
async function readPair(certificateFile: string, keyFile: string): Promise<CertifiedKey | undefined> {
  try {
    const [certificate, key] = [await readFile(certificateFile, 'utf8'), await readFile(keyFile, 'utf8')];
    if (!new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key))) return undefined;
    return { certificate: pemBlock(certificate, 'CERTIFICATE'), key: pemBlock(key, 'PRIVATE KEY') };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (code === 'ENOENT' || code.startsWith('ERR_OSSL')) return undefined;
    throw error;
  }
}

function pemBlock(text: string, label: string): string {
  const block = new RegExp(`-----BEGIN ${label}-----[^-]*-----END ${label}-----`).exec(text)?.[0];
  return block === undefined ? text : `${block}\n`;
}

async function replace(path: string, content: string, mode: number): Promise<void> {
  await rename(await writeBeside(path, content, mode), path);
}

async function writeBeside(path: string, content: string, mode: number): Promise<string> {
  const temporary = `${path}.${randomBytes(6).toString('hex')}`;
  await writeFile(temporary, content, { mode, flag: 'wx' });
  return temporary;
}

function namesOf(host: string): readonly string[] {
  if (!isWildcard(host)) return [host];
  const addresses = Object.values(networkInterfaces()).flatMap((all) => all ?? []);
  // A link-local address is of use only with a zone, which no certificate can hold.
  const reachable = addresses.filter(({ family, scopeid }) => family === 'IPv4' || scopeid === 0);
  const name = /^[a-z0-9.-]+$/i.test(hostname()) ? [hostname().toLowerCase()] : [];
  return [...name, ...reachable.map(({ address }) => address)];
}

/** True for what means every address of the machine. */
export function isWildcard(host: string): boolean {
  return host === '' || host === '0.0.0.0' || host === '::';
}
