// The command that runs the preinst scripts of packages which dpkg does not unpack itself, in the surroundings that dpkg gives
// them. One shell for all: starting a box costs more than most scripts. Pure.

/** What is known of a package here. */
interface Named {
  readonly name: string;
  readonly architecture: string;
  readonly multiArch: string;
}

/** Before the stem of a package, the name of the folder below dpkg's own in which its members wait. */
export const stagedControl = 'tmp.ci-';

// dpkg runs the script out of tmp.ci, where debconf looks for the name of the package. The environment is that of
// maintainer scripts (dpkg(1), ENVIRONMENT; deb-preinst(5)).
const script = `
version=$(dpkg-query --version | sed -n '1s/.* \\([0-9][^ ]*\\) .*/\\1/p')
native=$(dpkg --print-architecture)
for stem in "$@"; do
  staged=/var/lib/dpkg/${stagedControl}$stem
  [ -e "$staged" ] || continue
  mv "$staged" /var/lib/dpkg/tmp.ci
  case $stem in *:*) arch=\${stem#*:} ;; *) arch=$native ;; esac
  DPKG_MAINTSCRIPT_PACKAGE=\${stem%%:*} DPKG_MAINTSCRIPT_PACKAGE_REFCOUNT=1 DPKG_MAINTSCRIPT_ARCH=$arch \\
  DPKG_MAINTSCRIPT_NAME=preinst DPKG_ADMINDIR=/var/lib/dpkg DPKG_ROOT= DPKG_RUNNING_VERSION=$version \\
    /var/lib/dpkg/tmp.ci/preinst install ||
    { status=$?; echo "dpkg: error: preinst of $stem ended with status $status"; exit 1; }
  rm -rf /var/lib/dpkg/tmp.ci
done
`;

/** The argv. base-passwd goes first: the others name users that it makes. */
export function preinstCommand(packages: readonly Named[]): readonly string[] {
  const ordered = [...packages].sort(
    (one, other) => Number(other.name === 'base-passwd') - Number(one.name === 'base-passwd'),
  );
  const stems = ordered.map(({ name, architecture, multiArch }) =>
    multiArch === 'same' ? `${name}:${architecture}` : name,
  );
  return ['/bin/sh', '-c', script, 'preinst', ...stems];
}
