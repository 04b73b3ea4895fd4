// The definition that a new one begins as: small, commented, without fault, and one that builds. Pure.

/** Texts of the folder of a definition called `name`, by their paths in it. */
export function starterDefinition(name: string): ReadonlyMap<string, string> {
  return new Map([
    ['definition.yaml', definition.replaceAll('@NAME@', name)],
    ['files/eth0.network', network],
    ['lxc/config', lxcConfig],
    ['lxc/config-user', lxcConfigUser],
    ['lxc/create-message', createMessage],
  ]);
}

const definition = `# What \`cooper build @NAME@/bookworm\` makes. \`cooper lint\` shows every fault with its line; docs/definition.md of
# Cooper explains each key. The name has to be that of this folder.
name: "@NAME@"
title: @NAME@ {version} "{release}"

# Where packages come from: an archive in Debian's form and the keys that sign it. A mirror nearer to you goes into
# cooper.yaml or after --mirror; it never becomes part of an image.
source:
  kind: debian
  keyring: debian-archive-keyring
  mirrors:
    main: http://ftp.debian.org/debian
    security: http://security.debian.org/debian-security
  components: [main]

releases:
  bookworm:
    version: "12"
    suites:
      - { name: bookworm, archive: main }
      - { name: bookworm-updates, archive: main }
      - { name: bookworm-security, archive: security }

architectures: [amd64, arm64]

# A variant has all that the one it extends has. Images without a variant in their name are \`default\`.
variants:
  default:
    base: essential
    recommends: false
    packages:
      - usr-is-merged
      - apt
      - debian-archive-keyring
      - login
      - passwd
      - systemd-sysv
      - systemd-resolved
      - dbus-broker
  # tools:
  #   extends: default
  #   packages:
  #     - less
  #     - { names: [vim-tiny], when: { architectures: [amd64] } }

# What is put into the image or taken out of it, in this order, once the packages are configured. \`when\` narrows an
# entry to releases, architectures or variants; \`mode\`, \`owner\` and \`group\` are 0644 and root unless given.
files:
  - kind: hostname
  - kind: hosts
  - kind: template
    filled: build
    path: /etc/apt/sources.list.d/debian.sources
    content: |
      Types: deb
      URIs: http://ftp.debian.org/debian
      Suites: {release} {release}-updates
      Components: main
      Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

      Types: deb
      URIs: http://security.debian.org/debian-security
      Suites: {release}-security
      Components: main
      Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
  - { path: /etc/default/locale, content: "LANG=C.UTF-8\\n" }
  - { path: /etc/systemd/network/eth0.network, from: files/eth0.network }
  - { kind: link, path: /etc/resolv.conf, target: ../run/systemd/resolve/stub-resolv.conf }
  - { kind: remove, path: /etc/.resolv.conf.systemd-resolved.bak }
  # - { kind: copy, path: /opt/@NAME@, from: files/app, owner: root, group: root }
  # - { kind: template, path: /etc/motd, content: "This is LXC_NAME.\\n" }
  # - { kind: directory, path: /srv/data, mode: "0750" }
  # - { kind: fstab, entries: [{ source: tmpfs, target: /srv/cache, type: tmpfs, options: [size=64m] }] }
  # - { kind: cloud-init, userData: "#cloud-config\\n{}\\n" }

# Scripts, run by sh with set -e in the image, without network. Triggers: post-unpack, post-update, post-packages,
# post-files. They are told COOPER_DISTRIBUTION, COOPER_RELEASE, COOPER_ARCHITECTURE, COOPER_VARIANT and SOURCE_DATE_EPOCH.
actions:
  - name: network by DHCP
    trigger: post-packages
    script: |
      systemctl enable systemd-networkd.service
      systemctl disable systemd-networkd-wait-online.service
  - name: login prompts on the ttys that LXC gives
    trigger: post-packages
    script: systemctl enable getty@tty1.service getty@tty2.service
  - name: no units for what only a host has
    trigger: post-packages
    script: |
      systemctl mask dev-hugepages.mount sys-kernel-config.mount sys-kernel-debug.mount sys-kernel-tracing.mount \\
        systemd-journald-audit.socket systemd-modules-load.service

lxc:
  config: lxc/config
  configUser: lxc/config-user
  createMessage: lxc/create-message
  expiryDays: 30

devices: standard
`;

const network = `[Match]
Name=eth0

[Network]
DHCP=yes

[DHCPv4]
ClientIdentifier=mac
`;

const lxcConfig = `lxc.include = LXC_TEMPLATE_CONFIG/common.conf
lxc.arch = {architecture}
`;

const lxcConfigUser = `lxc.include = LXC_TEMPLATE_CONFIG/common.conf
lxc.include = LXC_TEMPLATE_CONFIG/userns.conf
lxc.arch = {architecture}
`;

const createMessage = `The image has no passwords: unless you have given one (cooper create --password),
go in with lxc-attach, and set one there with passwd.
`;
