// Which generation a client has read a document of. Stock clients fetch an index and then its detached signature: when something is
// published in between, the signature has to be that of the index they have, or a good file looks forged. Pure but for its memory.

/** How long a client may take from a document to its signature: milliseconds. */
const remembered = 60_000;

/** Clients and documents that are remembered at most; the oldest go first. */
const most = 4096;

/** The memory of one server. */
export class ReadGenerations {
  readonly #read = new Map<string, { readonly generation: string; readonly at: number }>();

  /** Notes that a client (its address) was given the document at `path` out of a generation. */
  note(client: string, path: string, generation: string, now: number): void {
    const key = `${client} ${path}`;
    this.#read.delete(key);
    this.#read.set(key, { generation, at: now });
    const [oldest] = this.#read.keys();
    if (this.#read.size > most && oldest !== undefined) this.#read.delete(oldest);
  }

  /** The generation of the document whose signature is at `path`, when this client has read it a short time ago. */
  ofSignature(client: string, path: string, now: number): string | undefined {
    const [, document] = /^(.*)\.(?:asc|gpg)$/.exec(path) ?? [];
    if (document === undefined) return undefined;
    const read = this.#read.get(`${client} ${document}`);
    return read !== undefined && now - read.at <= remembered ? read.generation : undefined;
  }
}
