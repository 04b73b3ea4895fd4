import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { type LxdImage, lxdTemplateText, writeLxdMetadata } from '../../image/lxd-metadata.ts';

const image: LxdImage = {
  architecture: 'x86_64',
  created: 1_700_000_000,
  expires: 1_700_086_400,
  properties: { os: 'debian', release: '12', serial: '20260201_12:00', variant: 'no', description: 'Debian "12": x' },
  templates: [
    { path: '/etc/hostname', text: '{{ container.name }}\n' },
    { path: '/etc/hosts', text: '127.0.1.1 {{ container.name }}\n' },
  ],
};

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cooper-lxd-meta-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const tar = (...options: string[]) => execFileSync('tar', ['-J', ...options], { cwd: folder, encoding: 'utf8' });
const metadata = () => parse(tar('-xOf', 'lxd.tar.xz', 'metadata.yaml'), { version: '1.1' });

describe('lxd.tar.xz', () => {
  it('has metadata.yaml, in which no property is anything but text, and the templates that it names', async () => {
    await writeLxdMetadata(folder, image);
    expect(metadata()).toEqual({
      architecture: 'x86_64',
      creation_date: 1_700_000_000,
      expiry_date: 1_700_086_400,
      properties: image.properties,
      templates: {
        '/etc/hostname': { when: ['create', 'copy'], template: 'hostname.tpl' },
        '/etc/hosts': { when: ['create', 'copy'], template: 'hosts.tpl' },
      },
    });
    expect(tar('-xOf', 'lxd.tar.xz', 'templates/hostname.tpl')).toBe('{{ container.name }}\n');
    expect(tar('-tf', 'lxd.tar.xz').trim().split('\n')).toHaveLength(3);
  });

  it('has a template for each of two files of the same name', async () => {
    const templates = ['/etc/name', '/srv/name'].map((path) => ({ path, text: `of ${path}\n` }));
    await writeLxdMetadata(folder, { ...image, templates });
    for (const { path, text } of templates) {
      expect(tar('-xOf', 'lxd.tar.xz', `templates/${metadata().templates[path].template}`)).toBe(text);
    }
  });

  it('is the same, to the byte, for the same image', async () => {
    const one = await writeLxdMetadata(folder, image);
    expect(await writeLxdMetadata(folder, image)).toEqual(one);
    expect(await writeLxdMetadata(folder, { ...image, created: image.created + 1 })).not.toEqual(one);
  });
});

describe('a template', () => {
  it('asks for the name of the container where LXC puts it', () => {
    expect(lxdTemplateText('a LXC_NAME\nb LXC_NAME')).toBe('a {{ container.name }}\nb {{ container.name }}');
  });

  it('says nothing else to LXD, whatever braces the text has', () => {
    const brace = '{% templatetag openbrace %}';
    expect(lxdTemplateText('{{ x }} {% y %} {# z #} { } {}')).toBe(
      `${brace}{ x }} ${brace}% y %} ${brace}# z #} { } {}`,
    );
    expect(lxdTemplateText('{LXC_NAME}')).toBe(`${brace}{{ container.name }}}`);
  });
});
