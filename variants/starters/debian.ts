// The definition to begin with for an archive in Debian's form: one that builds as it stands. Pure.

import type { WrittenStarter } from './written.ts';

/** Debian bookworm itself, to be changed into something else. */
export const debianStarter: WrittenStarter = {
  release: 'bookworm',
  title: '{version} "{release}"',
  source: `# Where packages come from: an archive in Debian's form and the keys that sign it. A mirror nearer to you goes into
# cooper.yaml or after --mirror; it never becomes part of an image.
source:
  kind: debian
  keyring: debian-archive-keyring
  mirrors:
    main: http://ftp.debian.org/debian
    security: http://security.debian.org/debian-security
  components: [main]`,
  body: `releases:
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
  #     - { names: [vim-tiny], when: { architectures: [amd64] } }`,
  files: `  - kind: template
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
  - { kind: remove, path: /etc/.resolv.conf.systemd-resolved.bak }`,
  actions: `actions:
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
        systemd-journald-audit.socket systemd-modules-load.service`,
  texts: {
    'files/eth0.network': `[Match]
Name=eth0

[Network]
DHCP=yes

[DHCPv4]
ClientIdentifier=mac
`,
  },
};
