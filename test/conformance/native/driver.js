// Runs one action of the compiled native/ as whoever starts it: the request is JSON on fd 0 or in the file named, the answer JSON
// on fd 9. It stands in dist/program/native-test/ of a copy of what is compiled. Thus the same tests run as root and as a throw-away ordinary user.

import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import { createServer } from 'node:http';

const native = await import(new URL('../../native/index.js', import.meta.url).href);

async function idMap(wanted) {
  if (wanted === 'host') return 'host';
  if (wanted === 'container') return native.workerIdMap(native.containerIdMap(await native.readSubids()));
  return wanted ?? (await native.buildIdMap());
}

const actions = {
  run: async ({ spec }) => {
    const lines = [];
    const full = { ...spec, idMap: await idMap(spec.idMap) };
    const exit = await native.runBox(full, { onLine: (line) => lines.push(line) });
    return { exit, lines };
  },
  /** Answers every request to the box's own loopback with its path. */
  serve: async ({ spec, port }) => {
    const server = createServer((request, response) => response.end(`asked for ${request.url}\n`));
    const lines = [];
    const full = { ...spec, idMap: await idMap(spec.idMap) };
    const listener = { port, take: (fd) => server.listen({ fd }) };
    const exit = await native.runBox(full, { listener, onLine: (line) => lines.push(line) });
    server.closeAllConnections();
    server.close();
    return { exit, lines };
  },
  /** Leaves the program's output to whoever reads ours. */
  stay: async ({ spec }) => {
    const box = native.spawnBox({ ...spec, idMap: await idMap(spec.idMap) }, { stdout: 'inherit', stderr: 'inherit' });
    return { exit: await box.exit };
  },
  /** Gives all three standard fds, a terminal for example, to the program. */
  interact: async ({ spec }) => {
    const io = { stdin: 'inherit', stdout: 'inherit', stderr: 'inherit' };
    const box = native.spawnBox({ ...spec, idMap: await idMap(spec.idMap) }, io);
    // As a shell does while a program in the foreground has the keys of the terminal.
    process.on('SIGINT', () => undefined);
    return { exit: await box.exit };
  },
  /** Kills a box through `kill` or an abort as soon as its program has written something. */
  end: async ({ spec, how }) => {
    const abort = new AbortController();
    const io = { stdout: 'pipe', signal: abort.signal };
    const box = native.spawnBox({ ...spec, idMap: await idMap(spec.idMap) }, io);
    box.stdout.once('data', () => (how === 'abort' ? abort.abort(new Error('enough')) : box.kill()));
    return { exit: await box.exit };
  },
  fds: async ({ spec, path }) => {
    const fd = openSync(path, 'r');
    const box = native.spawnBox({ ...spec, idMap: await idMap(spec.idMap) }, { stdout: 'pipe', extraFds: [fd] });
    closeSync(fd);
    const chunks = await box.stdout.toArray();
    return { exit: await box.exit, lines: Buffer.concat(chunks).toString().trimEnd().split('\n') };
  },
  cat: async ({ spec, text }) => {
    const box = native.spawnBox({ ...spec, idMap: await idMap(spec.idMap) }, { stdin: 'pipe', stdout: 'pipe' });
    box.stdin.end(text);
    const chunks = await box.stdout.toArray();
    return { exit: await box.exit, text: Buffer.concat(chunks).toString() };
  },
  work: async ({ request, binds, map, outputPath, inputPath, abortOnMessage }) => {
    const messages = [];
    const abort = new AbortController();
    const output = outputPath === undefined ? undefined : openSync(outputPath, 'w');
    const options = {
      idMap: await idMap(map),
      binds,
      ...(output === undefined ? {} : { output }),
      ...(inputPath === undefined ? {} : { input: openSync(inputPath, 'r') }),
      signal: abort.signal,
      onMessage: (message) => {
        messages.push(message);
        if (abortOnMessage) abort.abort(new Error('enough'));
      },
    };
    const answer = await native.runWorker('native-test/echo-worker', request, options);
    return { ...answer, messages };
  },
  /** Starts workers long before they are asked, and asks only some of them. */
  wait: async ({ requests, map, millis }) => {
    const place = { idMap: await idMap(map), binds: [] };
    const workers = [...requests, undefined].map(() => native.startWorker('native-test/echo-worker', place));
    await new Promise((resolve) => setTimeout(resolve, millis));
    const answers = [];
    for (const [i, request] of requests.entries()) answers.push(await workers[i].ask(request));
    await workers.at(-1).end();
    return {
      responses: answers.map(({ response }) => response),
      left: readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8'),
    };
  },
};

let answer;
try {
  const request = JSON.parse(readFileSync(process.argv[2] ?? 0, 'utf8'));
  answer = { value: await actions[request.action](request) };
} catch (error) {
  const { name, code, message, next, lines } = error;
  answer = { error: { name, code, message, next, lines } };
}
writeSync(9, JSON.stringify(answer));
