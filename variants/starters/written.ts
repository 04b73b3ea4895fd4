// What a definition to begin with is put together of: its own sections, and what all of them have. Pure.

/** The sections of a definition that depend on its source. `@NAME@` stands for the name of the distribution. */
export interface WrittenStarter {
  /** The release that is built first. */
  readonly release: string;
  /** What follows the name in the title. */
  readonly title: string;
  /** The section `source`, with what an author has to know of it. */
  readonly source: string;
  /** Releases, architectures and variants. */
  readonly body: string;
  /** Entries of `files` besides the name of the container and its hosts. */
  readonly files?: string;
  /** The section `actions`, and whatever else there is. */
  readonly actions?: string;
  /** Files beside the definition, by name. */
  readonly texts?: Readonly<Record<string, string>>;
}

/** Texts of the folder of a definition called `name`, by their paths in it. */
export function writeStarter(name: string, starter: WrittenStarter): ReadonlyMap<string, string> {
  return new Map([
    ['definition.yaml', definitionOf(starter).replaceAll('@NAME@', name)],
    ...Object.entries(starter.texts ?? {}),
    ['lxc/config', lxcConfig],
    ['lxc/config-user', lxcConfigUser],
    ['lxc/create-message', createMessage],
  ]);
}

function definitionOf({ release, title, source, body, files, actions }: WrittenStarter): string {
  const head = `# What \`cooper build @NAME@/${release}\` makes. \`cooper lint\` shows every fault with its line; docs/definition.md of
# Cooper explains each key. The name has to be that of this folder.
name: "@NAME@"
title: @NAME@ ${title}`;
  const placed = [
    filesHead,
    '  - kind: hostname',
    '  - kind: hosts',
    ...(files === undefined ? [] : [files]),
    moreFiles,
  ];
  const scripts = [actionsHead, ...(actions === undefined ? [noActions] : [actions])];
  return `${[head, source, body, placed.join('\n'), scripts.join('\n'), lxc].join('\n\n')}\n`;
}

const filesHead = `# What is put into the image or taken out of it, in this order, once the packages are configured. \`when\` narrows an
# entry to releases, architectures or variants; \`mode\`, \`owner\` and \`group\` are 0644 and root unless given.
files:`;

const moreFiles = `  # - { kind: copy, path: /opt/@NAME@, from: files/app, owner: root, group: root }
  # - { kind: template, path: /etc/motd, content: "This is LXC_NAME.\\n" }
  # - { kind: directory, path: /srv/data, mode: "0750" }
  # - { kind: fstab, entries: [{ source: tmpfs, target: /srv/cache, type: tmpfs, options: [size=64m] }] }
  # - { kind: cloud-init, userData: "#cloud-config\\n{}\\n" }`;

const actionsHead = `# Scripts, run by sh with set -e in the image, without network. Triggers: post-unpack, post-update, post-packages,
# post-files. They are told COOPER_DISTRIBUTION, COOPER_RELEASE, COOPER_ARCHITECTURE, COOPER_VARIANT and SOURCE_DATE_EPOCH.`;

const noActions = `# actions:
#   - name: a note
#     trigger: post-packages
#     script: date -u -d "@$SOURCE_DATE_EPOCH" > /etc/made-on`;

const lxc = `lxc:
  config: lxc/config
  configUser: lxc/config-user
  createMessage: lxc/create-message
  expiryDays: 30

devices: standard`;

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
