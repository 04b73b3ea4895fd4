// Members of an ar archive in the common format (deb(5), ar(5)): where each lies in the file.
// Refuses everything that is not exactly so: other magic, odd headers, a member that reaches past the end.

import type { FileHandle } from 'node:fs/promises';

/** One member; `offset` and `size` are bytes in the file. */
export interface ArMember {
  readonly name: string;
  readonly offset: number;
  readonly size: number;
}

const magic = '!<arch>\n';
const headerSize = 60;
/** A .deb has three members and perhaps a signature. */
const mostMembers = 16;

/** @throws SyntaxError that says what is wrong with the file */
export async function readArMembers(file: FileHandle): Promise<ArMember[]> {
  const { size: fileSize } = await file.stat();
  if ((await readText(file, 0, magic.length)) !== magic) {
    throw new SyntaxError('is no ar archive');
  }
  const members: ArMember[] = [];
  for (let at = magic.length; at < fileSize; ) {
    const member = parseHeader(await readText(file, at, headerSize), at + headerSize);
    const end = member.offset + member.size;
    if (end > fileSize) {
      throw new SyntaxError(`ends within its member ${member.name}`);
    }
    if (members.length >= mostMembers) {
      throw new SyntaxError(`has more than ${mostMembers} members`);
    }
    members.push(member);
    at = end + (member.size % 2);
  }
  return members;
}

function parseHeader(header: string, offset: number): ArMember {
  const [, name, size] = /^([!-.0-~]{1,16})\/? *[\d ]{12}[\d ]{6}[\d ]{6}[0-7 ]{8}(\d+) *`\n$/.exec(header) ?? [];
  if (
    header.length !== headerSize ||
    name === undefined ||
    size === undefined ||
    header.slice(48, 58).trim() !== size
  ) {
    throw new SyntaxError(`has a faulty member header at byte ${offset - headerSize}`);
  }
  return { name, offset, size: Number(size) };
}

async function readText(file: FileHandle, position: number, length: number): Promise<string> {
  const { bytesRead, buffer } = await file.read(Buffer.alloc(length), 0, length, position);
  return buffer.toString('latin1', 0, bytesRead);
}
