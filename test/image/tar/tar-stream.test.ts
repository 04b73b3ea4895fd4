// tar-stream as a second judge of the codec.

import { Readable } from 'node:stream';
import { extract, type Header, pack } from 'tar-stream';
import { describe, expect, it } from 'vitest';
import { archiveOf, file, link, member, membersOf } from './archive.ts';

async function headersOf(archive: Buffer): Promise<Header[]> {
  const headers: Header[] = [];
  const reader = extract();
  reader.on('entry', (header, stream, next) => {
    headers.push(header);
    stream.once('end', next).resume();
  });
  Readable.from([archive]).pipe(reader);
  await new Promise<void>((resolve, reject) => reader.once('finish', () => resolve()).once('error', reject));
  return headers;
}

describe('tar-stream', () => {
  it('reads what we write', async () => {
    const long = `./${'a'.repeat(150)}/${'b'.repeat(150)}`;
    const headers = await headersOf(
      archiveOf([
        member('./d', 'directory'),
        file(long, 'content'),
        link('./l', 'symlink', 'target'),
        link('./h', 'hardlink', long),
        member('./null', 'character', { device: { major: 1, minor: 3 } }),
      ]),
    );
    expect(headers.map(({ name, type, size, linkname }) => [name, type, size, linkname])).toEqual([
      ['./d/', 'directory', 0, null],
      [long, 'file', 7, null],
      ['./l', 'symlink', 0, 'target'],
      ['./h', 'link', 0, long],
      ['./null', 'character-device', 0, null],
    ]);
  });

  it('writes what we read', async () => {
    const packer = pack();
    packer.entry({ name: 'd/', type: 'directory', mode: 0o700 });
    packer.entry({ name: `d/${'ü'.repeat(90)}`, uid: 5, gid: 6 }, 'content');
    packer.finalize();
    const chunks: Buffer[] = [];
    for await (const chunk of packer) chunks.push(chunk as Buffer);
    const members = membersOf(Buffer.concat(chunks));
    expect(members.map(({ entry, data }) => [entry.name.toString(), entry.type, data.toString()])).toEqual([
      ['d', 'directory', ''],
      [`d/${'ü'.repeat(90)}`, 'file', 'content'],
    ]);
  });
});
