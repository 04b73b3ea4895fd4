// The definitions to begin with for sources that are a whole root: each is a text of its own and nothing else. Pure.

import type { WrittenStarter } from './written.ts';

const body = `releases:
  current:
    version: "1"

# What the root has programs of.
architectures: [amd64]

# The root's own package manager adds and takes away (docs/sources.md). A variant has what the one has that it extends.
variants:
  default: {}
  # tools:
  #   extends: default
  #   packages: [less, -nano]

# With \`update\` all packages of the root are brought up to date first; \`repositories\` are those that it does not know yet.
# packaging:
#   update: true`;

/** For sources that need no network of scripts: what the package manager does need. */
const network = `# What package managers and scripts may fetch, through a proxy; nothing without it.
# network:
#   proxy:
#     upstreams: { main: "http://ftp.debian.org/debian" }`;

/** A root archive on a server. */
export const rootfsStarter =
  root(`# A root archive that somebody has published: a tar, also packed with gzip, xz, zstd or bzip2. Three things can vouch for it:
# a signature over it (by signature, with \`signature\` and \`keyring\`), a signed list of checksums (by checksums), or its
# digest, which stands here: put in what sha256sum says. {release}, {version}, {architecture} and {machine} are filled in.
source:
  kind: rootfs
  archive: https://images.example.org/{release}/{machine}/root.tar.xz
  verify:
    by: digest
    sha256:
      current/amd64: "${'0'.repeat(64)}"
  # topFolder: strip`);

/** A container image. */
export const ociStarter =
  root(`# A container image in OCI's or Docker's form: of a registry, here by its tag, which https alone vouches for; or a layout beside
# the definition (image: ./layout). With a digest, that is what counts, and the tag is not asked for.
source:
  kind: oci
  image: https://registry.example.org/library/@NAME@
  tag: "{release}"
  # digest: { current/amd64: "${'0'.repeat(64)}" }`);

/** A folder. */
export const directoryStarter =
  root(`# A folder of the machine that builds. It needs the word of whoever does: cooper build … --allow bind=/srv/roots
source:
  kind: directory
  path: /srv/roots/@NAME@`);

/** A container. */
export const containerStarter =
  root(`# A stopped container of whoever builds, who has to say so: cooper build … --allow container=web
source:
  kind: container
  name: web`);

/** A template script. */
export const templateStarter: WrittenStarter = {
  ...starter(`# What a template script of LXC makes. It runs in the root of the image \`tools\`, which has to be published in the own tree:
# cooper build lxc-tools/bookworm. Its network is the proxy below.
source:
  kind: template
  script: /usr/share/lxc/templates/lxc-debian
  tools: lxc-tools/bookworm
  options: [--release, bookworm, --arch, "{architecture}"]

network:
  proxy:
    upstreams: { debian: "http://ftp.debian.org/debian" }
    limit: 2G`),
};

function root(source: string): WrittenStarter {
  return starter(`${source}\n\n${network}`);
}

function starter(source: string): WrittenStarter {
  return { release: 'current', title: '{version}', source, body };
}
