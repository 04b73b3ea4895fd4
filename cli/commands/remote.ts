// cooper remote …: names for the servers of a publisher, in the home folder.

import { resolve } from 'node:path';
import {
  changeRemotes,
  type OpenedRemote,
  openRemote,
  ownTree,
  parseServer,
  type Remote,
  type Remotes,
  readRemotes,
  renamedRemote,
  requireFree,
  withDefault,
  withoutRemote,
  withRemote,
} from '../../client/index.ts';
import { CooperError } from '../../errors/index.ts';
import { type Fingerprint, groupedFingerprint, parseFingerprint, spokenFingerprint } from '../../keys/index.ts';
import { readCertificateFile } from '../certificate-file.ts';
import { type CommandContext, printResult } from '../context.ts';
import { openHome } from '../home.ts';
import { openTransport, openTrust } from '../server-access.ts';

interface AddOptions {
  readonly keyid?: string;
  readonly acceptKey?: string;
  readonly certificate?: string;
  readonly ca?: string;
  readonly offline?: boolean;
}

/** `remote add`: verifies the servers and remembers them under a name. */
export async function add(
  context: CommandContext,
  name: string,
  urls: readonly string[],
  options: AddOptions,
): Promise<number> {
  if (options.keyid !== undefined && options.acceptKey !== undefined) {
    throw new CooperError('bad-usage', {
      what: '--keyid and --accept-key at once',
      next: 'Give --keyid for a key that stays with the remote, --accept-key for one that is remembered for its servers.',
    });
  }
  const remote = remoteOf(urls, options);
  const home = openHome(context.home);
  requireFree(await readRemotes(home), name);
  const { fingerprint, lacking, ...what } =
    options.offline === true ? await addedUnseen(context, remote) : await seen(context, name, remote, options);
  const added = { ...remote, ...what };
  await changeRemotes(home, (remotes) => withRemote(remotes, name, added), context.signal);
  const document = { name, ...added, publisher: fingerprint ?? null, ...(lacking.length === 0 ? {} : { lacking }) };
  printResult(context, document, addedText(name, added, fingerprint));
  return 0;
}

/** `remote list`: all, in order of name. */
export async function list(context: CommandContext): Promise<number> {
  const remotes = await readRemotes(context.home);
  const rows = [...remotes.byName]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, remote]) => ({ name, ...remote, default: name === remotes.default }));
  printResult(context, { remotes: rows }, table(rows));
  return 0;
}

/** `remote remove`. What is remembered of the servers' keys stays. */
export async function remove(context: CommandContext, name: string): Promise<number> {
  let wasDefault = false;
  await change(context, (remotes) => {
    wasDefault = remotes.default === name;
    return withoutRemote(remotes, name);
  });
  if (wasDefault) notice(context, `${name} was the default: there is none now`);
  printResult(context, { removed: name }, `${name} is removed\n`);
  return 0;
}

/** `remote rename`. */
export async function rename(context: CommandContext, from: string, to: string): Promise<number> {
  await change(context, (remotes) => renamedRemote(remotes, from, to));
  printResult(context, { name: to, was: from }, `${from} is ${to} now\n`);
  return 0;
}

/** `remote default`: shows which it is, or sets it; `local` is the home's own tree. */
export async function setDefault(context: CommandContext, name: string | undefined): Promise<number> {
  const remotes =
    name === undefined ? await readRemotes(context.home) : await change(context, (now) => withDefault(now, name));
  const is = remotes.default ?? ownTree;
  printResult(context, { default: is }, `${is}\n`);
  return 0;
}

function change(context: CommandContext, work: (remotes: Remotes) => Remotes): Promise<Remotes> {
  return changeRemotes(openHome(context.home), work, context.signal);
}

function remoteOf(urls: readonly string[], { keyid, certificate, ca }: AddOptions): Remote {
  if (certificate !== undefined && keyid === undefined) {
    throw new CooperError('bad-usage', {
      what: '--certificate without --keyid',
      next: 'Say with --keyid which key of the file signs the images.',
    });
  }
  return {
    servers: [...new Set(urls.map(addressOf))],
    ...(keyid === undefined ? {} : { keyid: fingerprintOf(keyid) }),
    ...(certificate === undefined ? {} : { certificate: resolve(certificate) }),
    ...(ca === undefined ? {} : { ca: resolve(ca) }),
  };
}

/** Everybody on the machine can read the file of the remotes. */
function addressOf(text: string): string {
  const url = parseServer(text);
  if (url.username === '' && url.password === '') return url.href;
  throw new CooperError('bad-usage', {
    what: 'the address of a remote holds a user name or a password, and everybody here may read remotes.json',
    next: 'Leave it out of the URL; such a server can be named with --server.',
  });
}

function fingerprintOf(keyid: string): Fingerprint {
  const fingerprint = parseFingerprint(keyid);
  if (fingerprint !== undefined) return fingerprint;
  throw new CooperError('bad-usage', {
    what: `--keyid ${keyid}: a remote takes the 40 digits of a fingerprint`,
    next: 'The publisher sees them with `cooper keys show`.',
  });
}

/** What was found out about the servers of a remote. */
interface Found extends Pick<Remote, 'protocol'> {
  readonly fingerprint: Fingerprint | undefined;
  readonly lacking: readonly string[];
}

/** Opens all of its servers. */
async function seen(
  context: CommandContext,
  name: string,
  { servers, keyid, certificate, ca }: Remote,
  { acceptKey }: AddOptions,
): Promise<Found> {
  const { home, now, signal } = context;
  const transport = await openTransport({ ca: ca === undefined ? [] : [ca] }, context);
  try {
    const pin = keyid === undefined ? undefined : { name, keyid, certificate };
    const { trust } = await openTrust(acceptKey === undefined ? {} : { acceptKey }, context, pin);
    const opened = await openRemote({ servers, trust, trustDir: home.trust, transport, now, signal });
    return foundOf(context, opened);
  } finally {
    transport.close();
  }
}

function foundOf(context: CommandContext, opened: OpenedRemote): Found {
  if (opened.kind === 'publisher') {
    for (const message of new Set(opened.servers.flatMap(({ notices }) => notices))) notice(context, message);
    return { fingerprint: opened.servers[0]?.fingerprint, lacking: [] };
  }
  const lacking = opened.servers.flatMap((server) => server.lacking);
  for (const message of lacking) notice(context, message);
  const [first] = opened.servers;
  if (first === undefined) throw new TypeError('a remote has a server');
  return { fingerprint: first.signer?.fingerprint, protocol: first.protocol, lacking };
}

/** Certificates are read all the same: a file that is not there is a slip of the hand. */
async function addedUnseen(context: CommandContext, { keyid, certificate, ca }: Remote): Promise<Found> {
  (await openTransport({ ca: ca === undefined ? [] : [ca] }, context)).close();
  if (certificate !== undefined) await readCertificateFile(certificate);
  notice(
    context,
    keyid === undefined
      ? 'nothing was verified; whose key it is will be asked when it is first used'
      : 'nothing was verified',
  );
  return { fingerprint: keyid, lacking: [] };
}

function addedText(name: string, { servers }: Remote, fingerprint: Fingerprint | undefined): string {
  const words = fingerprint === undefined ? [] : [groupedFingerprint(fingerprint), ...spokenFingerprint(fingerprint)];
  return [`${name}: ${servers.join(' ')}`, ...words.map((line) => `  ${line}`), ''].join('\n');
}

interface Row extends Remote {
  readonly name: string;
  readonly default: boolean;
}

function table(rows: readonly Row[]): string {
  if (rows.length === 0) return 'no remotes\n';
  const width = Math.max(...rows.map(({ name }) => name.length));
  return rows
    .map(({ name, servers, protocol, keyid = keyless(protocol), default: isDefault }) => {
      return `${isDefault ? '*' : ' '} ${name.padEnd(width)}  ${keyid}  ${servers.join(' ')}\n`;
    })
    .join('');
}

const keyless = (protocol: Remote['protocol']) =>
  protocol === undefined ? 'key as accepted at first use' : `nobody has signed it (${protocol})`;

function notice({ report }: CommandContext, message: string): void {
  report({ type: 'notice', time: Date.now(), stage: 'remote', message });
}
