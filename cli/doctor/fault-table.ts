// The faults that only `cooper doctor` looks for; others have the code of the error with which a command would end. Codes never
// change. docs/doctor.md is generated from this table.

/** How bad it is, and why it matters. */
export interface FaultRow {
  readonly level: 'warn' | 'fail';
  readonly why: string;
}

export const faultTable = {
  'newuidmap-powerless': {
    level: 'fail',
    why: 'newuidmap and newgidmap give a container its ids. They can do that only with the rights of root: by a set-uid bit or a file capability.',
  },
  'no-new-privileges': {
    level: 'fail',
    why: 'This process was started so that set-uid programs have no effect, newuidmap and newgidmap among them.',
  },
  'kernel-too-old': {
    level: 'fail',
    why: 'Cooper attaches mounts with calls that Linux has since 5.12.',
  },
  'overlay-refused': {
    level: 'warn',
    why: 'Builds of variants that extend others then copy roots instead of merging folders, which takes more time and space.',
  },
  'limits-missing': {
    level: 'warn',
    why: 'What runs in a box or a container is then not held within its limits of memory and processes.',
  },
  'cgroups-missing': {
    level: 'fail',
    why: 'lxc-start needs control groups to start a container. In a container, its manager has to give them.',
  },
  'cgroups-not-delegated': {
    level: 'warn',
    why: 'lxc-start needs a control group of its own, and the user may make none in that of this session. What changes it takes effect at the next login.',
  },
  'cgroups-old': {
    level: 'warn',
    why: 'Of version 1 of control groups systemd gives nothing to ordinary users, so lxc-start cannot start their containers.',
  },
  'controllers-not-delegated': {
    level: 'warn',
    why: 'Limits of memory and processes of containers have no effect without these controllers. What changes it takes effect at the next login.',
  },
  'mounted-noexec': {
    level: 'fail',
    why: 'Nothing in a container can be run from such a file system, not even its init. `--path` names another folder; what is mounted at boot stands in /etc/fstab.',
  },
  'mounted-read-only': {
    level: 'fail',
    why: 'Nothing can be written there.',
  },
  'mounted-nosuid': {
    level: 'warn',
    why: 'Set-uid programs of containers (su, sudo, mount) have no effect on such a file system.',
  },
  'mounted-nodev': {
    level: 'warn',
    why: 'Device nodes of privileged containers outside of their /dev cannot be opened on such a file system.',
  },
  'folder-closed': {
    level: 'fail',
    why: "The root of an unprivileged container is an ordinary user to this host, with other's rights on the way to its files.",
  },
  'space-low': {
    level: 'warn',
    why: 'A container of a small image takes 150 MB, others several times that, besides the image in the cache.',
  },
  'space-out': {
    level: 'fail',
    why: 'Not even a small container fits.',
  },
  'inodes-low': {
    level: 'warn',
    why: 'A container has ten thousand files and more, and this file system can hold few.',
  },
  'memory-low': {
    level: 'warn',
    why: 'Making a container decodes several blocks of its image at once, in some hundred megabytes of memory; builds take more.',
  },
  'lxc-missing': {
    level: 'warn',
    why: 'Cooper makes containers without LXC, but lxc-start is what starts them. `cooper run` does without.',
  },
  'lxc-old': {
    level: 'warn',
    why: 'The configurations of images are for LXC 4 and later.',
  },
  'default-conf-missing': {
    level: 'warn',
    why: 'Containers get the network that default.conf names; without it they have none but a loopback.',
  },
  'link-missing': {
    level: 'fail',
    why: 'lxc-start stops when it cannot connect a container to the network device that its configuration names.',
  },
  'link-refused': {
    level: 'fail',
    why: 'Only what lxc-usernet lists is connected for an ordinary user, and lxc-start stops otherwise.',
  },
  'ids-unlisted': {
    level: 'fail',
    why: 'LXC has newuidmap write the map of ids, which goes by these files for root too.',
  },
  'clock-wrong': {
    level: 'fail',
    why: 'Signatures dated after the clock are refused, and so are catalogs and certificates whose time is over.',
  },
  'clock-off': {
    level: 'warn',
    why: 'What was signed just now is refused where the clock is behind; what ends soon has ended where it is ahead.',
  },
  'clock-unsynchronized': {
    level: 'warn',
    why: 'A clock that nothing corrects drifts, and then signatures and certificates are refused.',
  },
  'mirror-unreachable': {
    level: 'warn',
    why: 'Another server of the remote answers, so images can be had; there is one fewer to go to.',
  },
  'xz-slow': {
    level: 'warn',
    why: 'Without the addon on liblzma, xz takes more than half as long again. Compile in the checkout (or install anew) where liblzma-dev is.',
  },
  'zstd-missing': {
    level: 'warn',
    why: 'Images that offer zstd are then fetched as xz, which takes much longer to decompress. Compile in the checkout, or install anew.',
  },
} as const satisfies Readonly<Record<string, FaultRow>>;

/** Every code of the table. */
export type FaultCode = keyof typeof faultTable;
