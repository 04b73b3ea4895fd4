// Requests to the client as the command line would make them, in a home folder of the test.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CreateRequest } from '../../client/index.ts';
import { createTransport } from '../../fetch/index.ts';
import { imageName } from '../../variants/index.ts';
import { smallImage } from './publication.ts';

/** What differs from test to test. */
export interface RequestChoice {
  readonly publisher: { readonly fingerprint: string };
  readonly url: string;
  /** Folder for everything of this client; made. */
  readonly home: string;
  /** Text of LXC's default.conf. */
  readonly defaultConf: string;
  readonly name: string;
  readonly now: Date;
}

/** Makes the home with its default.conf and the request. */
export function createRequest(choice: RequestChoice): CreateRequest {
  const { home } = choice;
  mkdirSync(join(home, 'lxc'), { recursive: true });
  writeFileSync(join(home, 'lxc/default.conf'), choice.defaultConf);
  return {
    name: choice.name,
    image: imageName(smallImage),
    architecture: smallImage.architecture,
    servers: [choice.url],
    trust: { keyid: choice.publisher.fingerprint },
    channel: 'stable',
    path: join(home, 'containers'),
    trustDir: join(home, 'trust'),
    cacheDir: join(home, 'cache'),
    user: { uid: process.geteuid?.() ?? 0, home, systemDir: join(home, 'lxc') },
    transport: createTransport({ attempts: 1 }),
    now: choice.now,
    report: () => undefined,
    signal: new AbortController().signal,
  };
}
