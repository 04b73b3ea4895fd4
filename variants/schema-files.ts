// The section `files` of a definition: what is put into the image or taken out of it, one kind each. What needs the files
// themselves or a second entry to judge is in check-files.ts.

import { z } from 'zod';
import { absolutePath, besidePath, condition, expecting, mode, nonEmpty, text } from './schema-parts.ts';

const account = z.union([
  z.int().min(0).max(65_534),
  z.string().regex(/^[A-Za-z_][A-Za-z0-9_.-]{0,31}\$?$/, expecting('the name or the number of an account')),
]);
const owned = {
  owner: account.default(0).describe('User: a number, or a name that the image has when files are placed'),
  group: account.default(0).describe('Group: likewise'),
};
const when = { when: condition.optional() };
const written = {
  path: absolutePath,
  content: z.string().optional().describe('The text itself'),
  from: besidePath.optional().describe('A text file beside the definition'),
  mode: mode.default('0644'),
  ...owned,
  ...when,
};
const oneText = [
  (file: { content?: string | undefined; from?: string | undefined }) =>
    (file.content === undefined) !== (file.from === undefined),
  { error: 'give one of `content` and `from`' },
] as const;

const content = z
  .strictObject({ kind: z.literal('content').default('content'), ...written })
  .refine(...oneText)
  .describe('A file with the text given');

const template = z
  .strictObject({
    kind: z.literal('template'),
    ...written,
    filled: z
      .enum(['create', 'build', 'both'])
      .default('create')
      .describe(
        'create: LXC_NAME and the like, in each container; build: {release}, {version}, {architecture}, {variant}',
      ),
  })
  .refine(...oneText)
  .describe('A text whose placeholders are replaced');

const copy = z
  .strictObject({
    kind: z.literal('copy'),
    path: z.union([absolutePath, z.literal('/')]),
    from: besidePath.describe('A file or a folder beside the definition, copied byte for byte'),
    mode: mode.optional().describe('Of files; without it 0755 for those that their owner may execute, 0644 for others'),
    directoryMode: mode.default('0755').describe('Of directories that are not there yet'),
    ...owned,
    ...when,
  })
  .describe('A file, or a folder with all that is in it');

const directory = z
  .strictObject({ kind: z.literal('directory'), path: absolutePath, mode: mode.default('0755'), ...owned, ...when })
  .describe('A directory; one that is there gets this mode and owner');

const link = z
  .strictObject({
    kind: z.literal('link'),
    path: absolutePath,
    target: z.string().regex(/^[^\0\n]{1,4095}$/, expecting('where the link leads')),
    ...owned,
    ...when,
  })
  .describe('A symbolic link');

const remove = z
  .strictObject({
    kind: z.literal('remove'),
    path: absolutePath.describe('* and ? stand for parts of a name'),
    ...when,
  })
  .describe('What is removed, directories with all that is in them');

const hostname = z
  .strictObject({ kind: z.literal('hostname'), path: absolutePath.default('/etc/hostname'), ...when })
  .describe("The container's name");

const anAddress = expecting('an IPv4 or IPv6 address');
const address = z.union([z.ipv4(anAddress), z.ipv6(anAddress)]);
const hostName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.-]*$/, expecting('the name of a machine'));

const hosts = z
  .strictObject({
    kind: z.literal('hosts'),
    path: absolutePath.default('/etc/hosts'),
    entries: z.array(z.strictObject({ address, names: nonEmpty(hostName) })).default([]),
    ...when,
  })
  .describe("localhost, the container's name, and further entries");

const fstabField = z.string().regex(/^[^\s\0#][^\s\0]*$/, expecting('a word without spaces'));
const mountPoint = z
  .string()
  .regex(/^(?:\/[^/\0\n]+)+$|^none$/, expecting('an absolute path below / or `none`: LXC mounts the root itself'));

const fstab = z
  .strictObject({
    kind: z.literal('fstab'),
    path: absolutePath.default('/etc/fstab'),
    entries: z
      .array(
        z.strictObject({
          source: text.describe('fs_spec of fstab(5)'),
          target: mountPoint,
          type: fstabField,
          options: nonEmpty(fstabField).default(['defaults']),
        }),
      )
      .default([]),
    ...when,
  })
  .describe('File systems that the container mounts, fstab(5)');

const seedText = z.string().max(1 << 20);

const cloudInit = z
  .strictObject({
    kind: z.literal('cloud-init'),
    path: absolutePath.default('/var/lib/cloud/seed/nocloud-net'),
    userData: seedText
      .regex(/^(?:#cloud-config|#!|#include|#cloud-boothook|#part-handler|## template: ?jinja|Content-Type:)/, {
        error: 'expected user data of cloud-init: it begins with #cloud-config, #! or the like',
      })
      .default('#cloud-config\n{}\n'),
    vendorData: seedText.startsWith('#cloud-config', expecting('#cloud-config')).default('#cloud-config\n{}\n'),
    networkConfig: seedText.optional().describe('network-config, version 1 or 2; without it cloud-init asks DHCP'),
    ...when,
  })
  .describe('Seed of the data source NoCloud: meta-data with the name of the container, user-data, vendor-data');

/** One entry of `files`. Without `kind` it is `content`. */
export const fileSchema = z.discriminatedUnion('kind', [
  content,
  template,
  copy,
  directory,
  link,
  remove,
  hostname,
  hosts,
  fstab,
  cloudInit,
]);

export type FileEntry = z.infer<typeof fileSchema>;
