// Makes the X.509 certificates of --tls self-signed: a small CA and server certificates below it. ECDSA P-256, which wget
// (GnuTLS), curl, Go and node all take. Nothing is written here: tls.ts does.

import 'reflect-metadata';
import { type X509Certificate as NodeCertificate, randomBytes, webcrypto } from 'node:crypto';
import { isIP } from 'node:net';
import * as x509 from '@peculiar/x509';

/** A certificate and its private key, both PEM. */
export interface CertifiedKey {
  readonly certificate: string;
  readonly key: string;
}

/** Lives in days. A server certificate is renewed when less than `renewBefore` is left; clients keep trusting the CA. */
export const days = { ca: 3650, server: 90, renewBefore: 30 } as const;

const curve = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const dayLength = 24 * 3600 * 1000;
/** X.520 serialNumber: tells the CAs of two installations apart in a list of trusted ones. */
const serialNumberAttribute = '2.5.4.5';
/** Clients whose clock is a little behind must not refuse a new certificate. */
const backdated = 3600 * 1000;

/** Makes a CA that may sign server certificates only, no further CA. */
export async function makeAuthority(now: Date): Promise<CertifiedKey> {
  const keys = await newKeys();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: [{ CN: ['Cooper local CA'] }, { [serialNumberAttribute]: [randomBytes(4).toString('hex')] }],
    ...validity(now, days.ca),
    signingAlgorithm: curve,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { certificate: `${certificate.toString('pem')}\n`, key: await privatePem(keys.privateKey) };
}

/** Makes a server certificate for `names` (host names and addresses), signed by the CA. */
export async function makeServerCertificate(
  authority: CertifiedKey,
  names: readonly string[],
  now: Date,
): Promise<CertifiedKey> {
  const keys = await newKeys();
  const issuer = new x509.X509Certificate(authority.certificate);
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: [{ CN: ['Cooper server'] }],
    issuer: issuer.subjectName,
    ...validity(now, days.server),
    signingAlgorithm: curve,
    publicKey: keys.publicKey,
    signingKey: await privateKey(authority.key),
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension(names.map((name) => ({ type: isIP(name) ? 'ip' : 'dns', value: name }))),
      await x509.AuthorityKeyIdentifierExtension.create(issuer),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { certificate: `${certificate.toString('pem')}\n`, key: await privatePem(keys.privateKey) };
}

/** True while a server certificate can go on being used: by this CA, for all names, not near its end. */
export function isCurrent(server: NodeCertificate, authority: NodeCertificate, names: readonly string[], now: Date) {
  const left = Date.parse(server.validTo) - now.getTime();
  const named = names.every((name) => (isIP(name) ? server.checkIP(name) : server.checkHost(name)) !== undefined);
  return named && left > days.renewBefore * dayLength && server.verify(authority.publicKey);
}

function validity(now: Date, life: number): { notBefore: Date; notAfter: Date } {
  return { notBefore: new Date(now.getTime() - backdated), notAfter: new Date(now.getTime() + life * dayLength) };
}

/** Positive, as RFC 5280 wants it. */
function serialNumber(): string {
  return `4${randomBytes(16).toString('hex').slice(1)}`;
}

function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(curve, true, ['sign', 'verify']);
}

async function privatePem(key: webcrypto.CryptoKey): Promise<string> {
  return `${x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY')}\n`;
}

async function privateKey(pem: string): Promise<webcrypto.CryptoKey> {
  const [pkcs8] = x509.PemConverter.decode(pem);
  if (pkcs8 === undefined) throw new TypeError('no private key');
  return webcrypto.subtle.importKey('pkcs8', pkcs8, curve, false, ['sign']);
}
