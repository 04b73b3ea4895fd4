// Text of dpkg's database for packages that were unpacked without dpkg: status stanzas, names of info files,
// trigger interests, diversions. Pure. Formats: dpkg's own (deb-control(5), deb-triggers(5), dpkg-divert(1)).

/** A configuration file and the MD5 of its content as shipped, in the order of the package's conffiles. */
export interface Conffile {
  readonly path: string;
  readonly md5: string;
}

/** One line of `interest…` in a package's triggers file. */
export interface TriggerInterest {
  readonly name: string;
  readonly await: boolean;
}

/** A package as it enters the database once all its files are in place. */
export interface UnpackedPackage {
  readonly stem: string;
  /** Text of its control file. */
  readonly control: string;
  readonly conffiles: readonly Conffile[];
  readonly interests: readonly TriggerInterest[];
}

/** `libc6:amd64` for Multi-Arch: same packages, else the bare name: the stem of files under info/. */
export function infoStem(fields: ReadonlyMap<string, string>): string {
  const name = fields.get('Package') ?? '';
  return fields.get('Multi-Arch') === 'same' ? `${name}:${fields.get('Architecture')}` : name;
}

/** The fields of the one stanza of a control file; continuation lines are kept with their line breaks. */
export function parseControl(text: string): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  let current: string | undefined;
  for (const line of text.split('\n')) {
    if (/^[ \t]/.test(line)) {
      if (current !== undefined) fields.set(current, `${fields.get(current)}\n${line}`);
      continue;
    }
    const colon = line.indexOf(':');
    if (colon < 1) continue;
    current = line.slice(0, colon);
    fields.set(current, line.slice(colon + 1).trim());
  }
  return fields;
}

/** A status stanza saying "unpacked, not configured". dpkg itself brings the fields into its order when it writes next. */
export function statusStanza(control: string, conffiles: readonly Conffile[]): string {
  const lines = control.trimEnd().split('\n');
  const body = [lines[0], 'Status: install ok unpacked', ...lines.slice(1)];
  if (conffiles.length > 0) body.push('Conffiles:', ...conffiles.map(({ path, md5 }) => ` ${path} ${md5}`));
  return `${body.join('\n')}\n\n`;
}

/** Paths named in a conffiles member; entries that only ask for removal are not shipped and left out. */
export function parseConffiles(text: string): readonly string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line.startsWith('/'));
}

/** Interests declared by a package's triggers member. */
export function parseInterests(text: string): readonly TriggerInterest[] {
  const interests: TriggerInterest[] = [];
  for (const line of text.split('\n')) {
    const [directive, name] = line.replace(/#.*/, '').trim().split(/\s+/);
    if (directive === undefined || name === undefined || !directive.startsWith('interest')) continue;
    interests.push({ name, await: directive !== 'interest-noawait' });
  }
  return interests;
}

/** Lines for triggers/File (file triggers, by package) and for triggers/<name> (explicit ones). */
export function triggerLines(
  packages: readonly { readonly stem: string; readonly interests: readonly TriggerInterest[] }[],
): { readonly file: readonly string[]; readonly explicit: ReadonlyMap<string, readonly string[]> } {
  const file: string[] = [];
  const explicit = new Map<string, string[]>();
  for (const { stem, interests } of packages) {
    for (const interest of interests) {
      const who = interest.await ? stem : `${stem}/noawait`;
      if (interest.name.startsWith('/')) file.push(`${interest.name} ${who}`);
      else explicit.set(interest.name, [...(explicit.get(interest.name) ?? []), who]);
    }
  }
  return { file, explicit };
}

/** Content of a .list file: every path of the archive, in its order, without trailing slashes; the root as `/.`. */
export function fileList(names: readonly string[]): string {
  return names.map((name) => `${archivePath(name)}\n`).join('');
}

/** `./etc/` → `/etc`, `./` → `/.`. */
export function archivePath(name: string): string {
  const path = name.replace(/^\.?\/+/, '/').replace(/\/+$/, '');
  if (path === '' || path === '.') return '/.';
  return path.startsWith('/') ? path : `/${path}`;
}

/** Where a path goes that another package has diverted: from → (to, the diverting package). */
export type Diversions = ReadonlyMap<string, { readonly to: string; readonly by: string }>;

/** Reads /var/lib/dpkg/diversions: three lines each (from, to, package; `:` stands for a local diversion). */
export function parseDiversions(text: string): Diversions {
  const lines = text.split('\n');
  const diversions = new Map<string, { to: string; by: string }>();
  for (let index = 0; index + 2 < lines.length; index += 3) {
    const [from, to, by] = lines.slice(index, index + 3);
    if (from && to && by) diversions.set(from, { to, by });
  }
  return diversions;
}

/** Text of apt's extended_states: which packages were installed only because others need them (apt-mark(8)). */
export function automaticMarks(
  packages: readonly { readonly name: string; readonly architecture: string }[],
  nativeArchitecture: string,
): string {
  return packages
    .map(({ name, architecture }) => {
      // apt files packages of architecture all under the native one.
      const shown = architecture === 'all' ? nativeArchitecture : architecture;
      return `Package: ${name}\nArchitecture: ${shown}\nAuto-Installed: 1\n\n`;
    })
    .join('');
}
