// One package of an index: fields of a stanza, each read when it is asked for, because an index has sixty thousand of them
// and a build wants some hundred.

import { CooperError } from '../../../errors/index.ts';
import type { FileDigest, Sha256 } from '../../../keys/digest.ts';
import { type Alternatives, type Provided, parseProvides, parseRelations } from './dependency.ts';
import { parseStanza } from './stanza.ts';

/** Fields that hold relations which this code follows. */
export type RelationField =
  | 'Pre-Depends'
  | 'Depends'
  | 'Recommends'
  | 'Suggests'
  | 'Conflicts'
  | 'Breaks'
  | 'Replaces'
  | 'Enhances';

/** Where a package stands: enough to fetch it and to write it into the lock. */
export interface Origin {
  readonly archive: 'main' | 'security';
  readonly suite: string;
  /** apt's priority of the release: 500, or less for one that is never taken by itself (experimental, backports). */
  readonly pin: number;
  /** Priorities that single packages of this suite have instead. */
  readonly pins?: ReadonlyMap<string, number>;
}

/** One binary package of an index. Fields are read on demand; a faulty one throws CooperError `package-list-malformed`. */
export class BinaryPackage {
  readonly name: string;
  readonly origin: Origin;
  /** The stanza, one character for each byte; `fields` decodes it. */
  readonly raw: string;
  /** Made when it is needed: of most packages of an index nobody asks anything. */
  #relations: Map<RelationField, readonly Alternatives[]> | undefined;
  #version: string | undefined;
  #architecture: string | undefined;
  #multiArch: string | undefined;

  constructor(name: string, raw: string, origin: Origin) {
    this.name = name;
    this.raw = raw;
    this.origin = origin;
  }

  get version(): string {
    this.#version ??= this.required('Version');
    return this.#version;
  }

  get architecture(): string {
    this.#architecture ??= this.required('Architecture');
    return this.#architecture;
  }

  /** apt's priority of this version: of the package in this suite when it has one, else of the suite. */
  get pin(): number {
    return this.origin.pins?.get(this.name) ?? this.origin.pin;
  }

  get essential(): boolean {
    return this.field('Essential') === 'yes';
  }

  /** dpkg does not remove it without being forced to. */
  get protectedByDpkg(): boolean {
    return this.field('Important') === 'yes' || this.field('Protected') === 'yes';
  }

  get priority(): string {
    return this.field('Priority') ?? 'extra';
  }

  /** `no`, `same`, `foreign` or `allowed`. */
  get multiArch(): string {
    this.#multiArch ??= this.field('Multi-Arch') ?? 'no';
    return this.#multiArch;
  }

  /** Source package; its version only differs from this one's when `Source` says so. */
  get source(): { name: string; version: string } {
    const [, name, version] = /^(\S+)(?:\s+\((\S+)\))?$/.exec(this.field('Source') ?? this.name) ?? [];
    return { name: name ?? this.name, version: version ?? this.version };
  }

  /** Path in the archive's pool, relative to the mirror. */
  get path(): string {
    const path = this.required('Filename').replace(/^\.\//, '');
    if (path.startsWith('/') || path.split('/').includes('..')) {
      throw this.fault(`has the Filename "${path}"`);
    }
    return path;
  }

  get digest(): FileDigest {
    const size = this.required('Size');
    const sha256 = this.required('SHA256');
    if (!/^\d{1,15}$/.test(size) || !/^[0-9a-f]{64}$/.test(sha256)) {
      throw this.fault('has no proper Size and SHA256');
    }
    return { size: Number(size), sha256: sha256 as Sha256 };
  }

  /** Parsed members of a relation field; none when it is absent. */
  relations(field: RelationField): readonly Alternatives[] {
    this.#relations ??= new Map();
    let groups = this.#relations.get(field);
    if (groups === undefined) {
      groups = this.#parse(field);
      this.#relations.set(field, groups);
    }
    return groups;
  }

  /** Names it stands in for. */
  get provides(): Provided[] {
    return parseProvides(this.field('Provides') ?? '');
  }

  /** All fields, decoded as UTF-8. */
  fields(): ReadonlyMap<string, string> {
    try {
      return parseStanza(Buffer.from(this.raw, 'latin1').toString('utf8'));
    } catch (error) {
      throw this.fault('is malformed', error);
    }
  }

  /** One field of ASCII text with its lines joined, or undefined. */
  field(name: string): string | undefined {
    const key = `${name}: `;
    let start = this.raw.startsWith(key) ? 0 : this.raw.indexOf(`\n${key}`);
    if (start < 0) {
      return undefined;
    }
    start += key.length + (start === 0 && this.raw.startsWith(key) ? 0 : 1);
    let end = this.raw.indexOf('\n', start);
    while (end >= 0 && (this.raw[end + 1] === ' ' || this.raw[end + 1] === '\t')) {
      end = this.raw.indexOf('\n', end + 1);
    }
    return this.raw
      .slice(start, end < 0 ? undefined : end)
      .replace(/\n[ \t]+/g, ' ')
      .trim();
  }

  #parse(field: RelationField): readonly Alternatives[] {
    const text = this.field(field);
    if (text === undefined) {
      return [];
    }
    try {
      return parseRelations(text);
    } catch (error) {
      throw this.fault(`has a faulty ${field}`, error);
    }
  }

  private required(name: string): string {
    const value = this.field(name);
    if (value === undefined || value === '') {
      throw this.fault(`has no ${name}`);
    }
    return value;
  }

  private fault(problem: string, cause?: unknown): CooperError {
    const lines = cause instanceof Error ? [cause.message] : [];
    const what = `the entry of ${this.name} in the package list of ${this.origin.suite} ${problem}`;
    return new CooperError('package-list-malformed', { what, lines, cause });
  }
}
