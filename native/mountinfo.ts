// The mounts that this process sees, by the text of /proc/self/mountinfo (proc(5)). Pure.

/** One mount. */
export interface Mount {
  /** What of the file system is its root here. */
  readonly root: string;
  readonly target: string;
  readonly type: string;
  /** Options of this mount: `ro`, `nosuid`, `nodev`, `noexec` … */
  readonly flags: readonly string[];
  /** Options of the file system, for all of its mounts. */
  readonly options: readonly string[];
}

const octal = /\\([0-7]{3})/g;
const unescaped = (text: string) =>
  text.replace(octal, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));

/** Lines such as `36 35 98:0 /root /target rw,noatime shared:1 - type source options`, in their order: later ones cover earlier ones. */
export function parseMountinfo(text: string): Mount[] {
  return text.split('\n').flatMap((line) => {
    const [before = '', after = ''] = line.split(' - ');
    const [, , , root = '', target = '', flags = ''] = before.split(' ');
    const [type = '', , options = ''] = after.split(' ');
    if (target === '') return [];
    return [
      {
        root: unescaped(root),
        target: unescaped(target),
        type,
        flags: flags.split(','),
        options: options.split(','),
      },
    ];
  });
}

/** The mount that a path without links lies on; none where `/` itself is not in sight. */
export function mountOf(mounts: readonly Mount[], path: string): Mount | undefined {
  const holds = ({ target }: Mount) => target === '/' || path === target || path.startsWith(`${target}/`);
  return mounts.filter(holds).reduce<Mount | undefined>((best, mount) => {
    return best === undefined || mount.target.length >= best.target.length ? mount : best;
  }, undefined);
}
