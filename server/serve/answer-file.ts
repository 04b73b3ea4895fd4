// Answers a GET or HEAD with an open file: 200, 206, 304 or 416. Big files leave in pieces of one MiB.

import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { isUnchanged, rangeHolds } from './conditions.ts';
import { cacheControl, contentType } from './file-headers.ts';
import type { PublishedFile } from './open-published.ts';
import { parseRange } from './range.ts';

/** Sends `file` (at `path` of the served root) and closes it. A client that goes away is no error. */
export async function answerFile(
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
  file: PublishedFile,
): Promise<void> {
  try {
    const headers = {
      'Last-Modified': file.modified.toUTCString(),
      ETag: file.etag,
      'Cache-Control': cacheControl(path),
      'Accept-Ranges': 'bytes',
    };
    if (isUnchanged(request.headers, file)) {
      response.writeHead(304, headers).end();
      return;
    }
    await answerBody(request, response, file, { ...headers, 'Content-Type': contentType(path) });
  } finally {
    await file.handle.close();
  }
}

async function answerBody(
  request: IncomingMessage,
  response: ServerResponse,
  file: PublishedFile,
  headers: OutgoingHttpHeaders,
): Promise<void> {
  const { size } = file;
  const range = rangeHolds(request.headers, file) ? parseRange(request.headers.range, size) : 'whole';
  if (range === 'unsatisfiable') {
    response.writeHead(416, { 'Content-Range': `bytes */${size}`, 'Content-Length': 0 }).end();
    return;
  }
  const { start, end } = range === 'whole' ? { start: 0, end: size - 1 } : range;
  const partial = range === 'whole' ? {} : { 'Content-Range': `bytes ${start}-${end}/${size}` };
  response.writeHead(range === 'whole' ? 200 : 206, { ...headers, ...partial, 'Content-Length': end - start + 1 });
  if (request.method === 'HEAD' || size === 0) {
    response.end();
    return;
  }
  const stream = file.handle.createReadStream({ start, end, highWaterMark: 1 << 20, autoClose: false });
  try {
    await pipeline(stream, response);
  } catch (error) {
    if (!response.destroyed) throw error;
  }
}
