// A part of a file on a server: how it is asked for and which answers are taken (RFC 9110, section 14). Pure.

import { CooperError } from '../errors/index.ts';
import { AttemptFailure } from './failure.ts';

/** Bytes of a file from `start` to before `end`; the file has `fileSize` in all. Never empty. */
export interface FilePart {
  readonly start: number;
  readonly end: number;
  readonly fileSize: number;
}

/** What an answer says of the bytes that it holds. */
export interface AnswerHead {
  readonly status: number;
  /** Content-Range, as sent. */
  readonly range: string | undefined;
  /** Content-Length; undefined when it is not told. */
  readonly length: number | undefined;
}

/** Value of the Range header; undefined for the whole file, which every server can send. */
export function rangeHeader({ start, end, fileSize }: FilePart): string | undefined {
  return start === 0 && end === fileSize ? undefined : `bytes=${start}-${end - 1}`;
}

/**
 * Bytes of the file that the answer holds: the part, or from a server that knows no ranges (status 200) the whole file. The
 * failure when they are others. Status 416 comes from a server whose file is shorter.
 */
export function judgePart(url: string, head: AnswerHead, part: FilePart): FilePart | AttemptFailure | undefined {
  if (head.status === 200) return { start: 0, end: part.fileSize, fileSize: part.fileSize };
  if (head.status === 416) return mismatch(`${url} does not have the ${part.fileSize} bytes that it should have`);
  if (head.status !== 206 || rangeHeader(part) === undefined) return undefined;
  const sent = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(head.range?.trim() ?? '');
  const [, start, last, size] = sent ?? [];
  const right = Number(start) === part.start && Number(last) === part.end - 1;
  if (right && (size === '*' || Number(size) === part.fileSize)) return part;
  const asked = `bytes ${part.start}-${part.end - 1}/${part.fileSize}`;
  return mismatch(`${url}: asked for ${asked}, the server sends ${head.range ?? 'a part that it does not name'}`);
}

/** The failure of an answer that says it is shorter than what it should hold. */
export function judgeLength(url: string, { length }: AnswerHead, { start, end }: FilePart): AttemptFailure | undefined {
  if (length === undefined || length >= end - start) return undefined;
  return mismatch(`${url}: the server sends ${length} bytes of the ${end - start} that it should send`);
}

function mismatch(what: string): AttemptFailure {
  return new AttemptFailure(new CooperError('download-mismatch', { what }), false);
}
