// Pieces of one file from a server on loopback: one that knows ranges, one that does not, and those that answer with something else.

import { randomBytes } from 'node:crypto';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createTransport, type FilePiece, fetchPieces, type MissingPieces, type Transport } from '../../fetch/index.ts';
import { sha256Of } from '../../keys/digest.ts';
import { type Loopback, serveRoutes } from './loopback.ts';

const pieceSize = 100_000;
const count = 12;
const file = randomBytes(12 + count * pieceSize + 30);
const pieces: readonly FilePiece[] = Array.from({ length: count }, (_, at) => {
  const offset = 12 + at * pieceSize;
  return { offset, size: pieceSize, sha256: sha256Of(file.subarray(offset, offset + pieceSize)) };
});

let transport: Transport;
const servers: Loopback[] = [];
let asked: (string | undefined)[];
beforeEach(() => {
  asked = [];
  transport = createTransport({ timeouts: { connect: 500, idle: 500 }, attempts: 3 });
});
afterEach(async () => {
  transport.close();
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

/** What a server that knows ranges answers. */
function answerRange(request: IncomingMessage, response: ServerResponse, content = file): void {
  const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? [];
  if (first === undefined) return void response.end(content);
  const body = content.subarray(Number(first), Number(last) + 1);
  const headers = { 'content-range': `bytes ${first}-${last}/${content.length}`, 'content-length': body.length };
  response.writeHead(206, headers).end(body);
}

/** A copy of the file that lacks some pieces, and what is fetched into it. */
class Target implements MissingPieces {
  readonly content = Buffer.alloc(file.length);
  arrivedInOrder: number[] = [];
  bytes = 0;
  #missing: FilePiece[];

  constructor(missing: readonly number[]) {
    this.#missing = pieces.filter((_, at) => missing.includes(at));
  }

  list(): readonly FilePiece[] {
    return this.#missing;
  }

  async write(bytes: Buffer, position: number): Promise<void> {
    bytes.copy(this.content, position);
  }

  arrived(piece: FilePiece): void {
    this.#missing = this.#missing.filter((each) => each !== piece);
    this.arrivedInOrder.push(pieces.indexOf(piece));
  }
}

async function fetchInto(target: Target, answer: RequestListener): Promise<void> {
  const server = await serveRoutes({
    '/file': (request, response) => {
      asked.push(request.headers.range);
      answer(request, response);
    },
  });
  servers.push(server);
  const onBytes = (bytes: number) => {
    target.bytes += bytes;
  };
  await fetchPieces(`${server.url}/file`, { transport, fileSize: file.length, missing: target, onBytes });
}

function isRight({ content }: Target, at: number): boolean {
  const { offset, size } = pieces[at] as FilePiece;
  return content.subarray(offset, offset + size).equals(file.subarray(offset, offset + size));
}

function expectPieces(target: Target, wanted: readonly number[]): void {
  expect(target.list()).toEqual([]);
  expect(wanted.every((at) => isRight(target, at))).toBe(true);
}

const rangeOf = (first: number, last: number) => `bytes=${12 + first * pieceSize}-${12 + (last + 1) * pieceSize - 1}`;

test('neighbouring pieces come with one request, and nothing else is fetched', async () => {
  const wanted = [2, 3, 4, 7, 9];
  const target = new Target(wanted);
  await fetchInto(target, answerRange);
  expectPieces(target, wanted);
  expect(asked.sort()).toEqual([rangeOf(2, 4), rangeOf(7, 7), rangeOf(9, 9)].sort());
  expect(target.bytes).toBe(wanted.length * pieceSize);
});

test('all of a file is asked for without a range', async () => {
  const wanted = pieces.map((_, at) => at);
  const target = new Target(wanted);
  await fetchInto(target, answerRange);
  expectPieces(target, wanted);
  expect(target.arrivedInOrder).toEqual(wanted);
  expect(asked).toEqual([undefined]);
});

test('nothing is asked for when nothing is missing', async () => {
  await fetchInto(new Target([]), answerRange);
  expect(asked).toEqual([]);
});

test('a server without ranges sends the whole file once, however many pieces are missing', async () => {
  const wanted = [1, 5, 9];
  const target = new Target(wanted);
  await fetchInto(target, (_request, response) => void response.end(file));
  expectPieces(target, wanted);
  expect(asked).toEqual([rangeOf(1, 1)]);
});

test('a few connections at most are open at once', async () => {
  let [open, most] = [0, 0];
  const target = new Target([0, 2, 4, 6, 8, 10]);
  await fetchInto(target, (request, response) => {
    open += 1;
    most = Math.max(most, open);
    response.once('close', () => {
      open -= 1;
    });
    setTimeout(() => answerRange(request, response), 30);
  });
  expect(target.list()).toEqual([]);
  expect(most).toBeLessThanOrEqual(4);
});

test('a connection that breaks again and again goes on behind the last piece that came', async () => {
  const wanted = pieces.map((_, at) => at);
  const target = new Target(wanted);
  await fetchInto(target, (request, response) => {
    const from = Number(/^bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
    const length = file.length - from;
    const headers = { 'content-range': `bytes ${from}-${file.length - 1}/${file.length}`, 'content-length': length };
    response.writeHead(from === 0 ? 200 : 206, headers);
    // Three pieces and a half each time: more breaks than a server is given attempts.
    response.write(file.subarray(from, from + 350_000), () => response.destroy());
  });
  expectPieces(target, wanted);
  expect(asked).toHaveLength(4);
  expect(target.bytes).toBeLessThan(file.length + 4 * pieceSize);
});

test('a server that sends nothing more is given up after its attempts', async () => {
  const target = new Target([3]);
  const answer: RequestListener = (_request, response) => void response.destroy();
  await expect(fetchInto(target, answer)).rejects.toMatchObject({ code: 'server-unreachable' });
  expect(asked).toHaveLength(3);
});

const spoilt = Buffer.from(file);
spoilt[pieces[3]?.offset ?? 0] = (spoilt[pieces[3]?.offset ?? 0] ?? 0) ^ 1;

test.each<[string, string, RequestListener]>([
  ['a piece with one other bit', 'download-mismatch', (request, response) => answerRange(request, response, spoilt)],
  ['a file that ends early', 'download-mismatch', (_, response) => void response.end(file.subarray(0, 200_000))],
  [
    'a whole file of another size',
    'download-too-large',
    (_, response) => void response.end(Buffer.concat([file, file])),
  ],
  [
    'another part than was asked for',
    'download-mismatch',
    (_, response) =>
      void response
        .writeHead(206, { 'content-range': `bytes 0-99999/${file.length}`, 'content-length': 100_000 })
        .end(file.subarray(0, 100_000)),
  ],
  [
    'more than the part',
    'download-too-large',
    (request, response) => {
      const [first, last] = (request.headers.range ?? '').replace('bytes=', '').split('-').map(Number);
      response.writeHead(206, { 'content-range': `bytes ${first}-${last}/${file.length}` });
      response.end(file.subarray(first));
    },
  ],
  ['a part with nothing that says which', 'download-mismatch', (_, response) => void response.writeHead(206).end(file)],
  ['a file that is gone', 'not-found-on-server', (_, response) => void response.writeHead(404).end()],
])('%s → %s', async (_name, code, answer) => {
  const target = new Target([3, 4]);
  await expect(fetchInto(target, answer)).rejects.toMatchObject({ code });
  expect(target.list().length).toBeGreaterThan(0);
  expect(target.arrivedInOrder.every((at) => isRight(target, at))).toBe(true);
});

test('a server that changes the file midway is refused; what was right stays', async () => {
  const target = new Target([0, 3, 6]);
  await expect(
    fetchInto(target, (request, response) => answerRange(request, response, asked.length === 1 ? file : spoilt)),
  ).rejects.toMatchObject({ code: 'download-mismatch', lines: [expect.any(String), expect.any(String)] });
  expect(target.arrivedInOrder).toContain(0);
});
