// A worker for the tests: does what the request asks for and says who it is. Plain JavaScript, because workers run
// compiled and tests are not compiled.

import { readFileSync, statSync, writeFileSync, writeSync } from 'node:fs';

// Relative to dist/program/native-test/, where identity.ts puts this file.
const { serveWorker, takeInput } = await import(new URL('../../native/worker-main.js', import.meta.url).href);
const { CooperError } = await import(new URL('../../errors/index.js', import.meta.url).href);

const acts = {
  echo: (request) => ({ uid: process.getuid(), gid: process.getgid(), text: request.text }),
  environment: () => process.env,
  refuse: (request) => {
    throw new CooperError('no-space', { what: request.text, next: 'buy a disk', lines: ['one', 'two'] });
  },
  crash: () => {
    throw new Error('a bug');
  },
  full: () => writeFileSync('/dev/full', 'x'),
  vanish: (request) => {
    writeSync(2, request.text);
    process.kill(process.pid, 'SIGKILL');
  },
  bytes: (request) => writeSync(1, Buffer.from(request.text, 'hex')),
  tell: (request, tell) => {
    for (let i = 0; i < request.count; i++) tell({ i });
    return 'told';
  },
  /** Of a file that it could not open by itself. */
  input: async () => readFileSync(await takeInput(), 'utf8'),
  read: (request) => readFileSync(request.path, 'utf8'),
  write: (request) => {
    writeFileSync(request.path, request.text);
    return statSync(request.path).uid;
  },
  hang: (_, tell) => {
    tell('hanging');
    return new Promise(() => setInterval(() => undefined, 1000));
  },
};

serveWorker((request, tell) => acts[request.act](request, tell));
