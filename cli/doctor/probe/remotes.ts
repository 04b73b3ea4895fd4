// Asks the servers of all remotes at once whether they are there and what time it is. Nothing is fetched, nothing trusted.

import { addressBelow, catalogPath, parseServer, type Remote, readRemotes } from '../../../client/index.ts';
import { createTransport, fetchServerTime, loadCertificates, proxiesOf } from '../../../fetch/index.ts';
import type { CommandContext } from '../../context.ts';
import type { RemoteFacts, ServerFacts } from '../facts.ts';
import { tried } from './try.ts';

/** Milliseconds for each step of a connection, and for a whole answer. */
const patience = { connect: 4000, idle: 4000, answer: 8000 };

type Asking = Pick<CommandContext, 'home' | 'env' | 'signal'>;

/** Each once, without a second attempt. Throws `remotes-invalid`, `home-too-new`. */
export async function lookAtRemotes(asking: Asking): Promise<readonly RemoteFacts[]> {
  const remotes = await readRemotes(asking.home);
  return Promise.all(
    [...remotes.byName].map(async ([name, remote]) => ({
      name,
      isDefault: name === remotes.default,
      servers: await askServers(remote, asking),
    })),
  );
}

async function askServers({ servers, ca }: Remote, { env, signal }: Asking): Promise<readonly ServerFacts[]> {
  const opened = await tried(async () => {
    const certificates = await loadCertificates(ca === undefined ? [] : [ca], env);
    return createTransport({ certificates, proxies: proxiesOf(env), attempts: 1, timeouts: patience });
  });
  if (!opened.ok) return servers.map((url) => ({ url, answer: opened }));
  const transport = opened.value;
  const ask = async (url: string): Promise<ServerFacts> => {
    const address = addressBelow(parseServer(url), catalogPath).href;
    const answer = await tried(async () => {
      const time = await fetchServerTime(address, { transport, signal });
      return time === undefined ? undefined : (time.getTime() - Date.now()) / 1000;
    });
    return { url, answer };
  };
  try {
    return await Promise.all(servers.map(ask));
  } finally {
    transport.close();
  }
}
