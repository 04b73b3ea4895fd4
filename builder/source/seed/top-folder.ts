// Takes away the one folder in which everything of an archive lies.

import { CooperError } from '../../../errors/index.ts';
import type { TarEntry } from '../../../image/tar/entry.ts';
import type { TarHandler } from '../../../image/tar/reader.ts';

/** Throws `archive-conflict` for an entry elsewhere than in the folder of the first one. */
export class TopFolder implements TarHandler {
  readonly #to: TarHandler;
  #name: string | undefined;

  constructor(to: TarHandler) {
    this.#to = to;
  }

  entry(entry: TarEntry): void {
    const linkName = entry.type === 'hardlink' ? this.#below(entry.linkName) : entry.linkName;
    this.#to.entry({ ...entry, name: this.#below(entry.name), linkName });
  }

  data(chunk: Buffer): void {
    this.#to.data(chunk);
  }

  end(): void {
    this.#to.end();
  }

  #below(name: Buffer): Buffer {
    const path = name.toString('latin1').replace(/^(?:\.\/)+/, '');
    if (path === '.') return name;
    const slash = path.indexOf('/');
    const top = slash < 0 ? path : path.slice(0, slash);
    this.#name ??= top;
    if (top === this.#name) return Buffer.from(slash < 0 ? '.' : `.${path.slice(slash)}`, 'latin1');
    throw new CooperError('archive-conflict', {
      what: `${path} does not lie in the folder ${this.#name}, which is to be left out`,
      next: 'Say `topFolder: keep` in the source of the definition',
    });
  }
}
