// The page at /: what is on offer and how to use it. One self-contained HTML text, no script. Pure; everything that comes from
// outside is escaped.

import { stableChannel } from '../../image/index.ts';
import { imageName } from '../../variants/identity.ts';
import { newestIn } from '../publish/offer.ts';
import type { Published } from '../publish/published.ts';

const style = `
:root { color-scheme: light dark; --line: color-mix(in srgb, currentColor 18%, transparent); --accent: #2a7f62 }
body { font: 16px/1.55 system-ui, sans-serif; max-width: 60rem; margin: 0 auto; padding: 2.5rem 1.25rem 4rem }
h1 { font-size: 1.9rem; margin: 0 } h2 { font-size: 1.15rem; margin: 2.5rem 0 .6rem }
p.lead { margin: .3rem 0 0; opacity: .75 }
.scroll { overflow-x: auto }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums }
th, td { text-align: left; padding: .5rem .9rem .5rem 0; border-bottom: 1px solid var(--line); vertical-align: top }
th { font-size: .8rem; text-transform: uppercase; letter-spacing: .05em; opacity: .65 }
code, pre { font: .9rem/1.5 ui-monospace, monospace }
pre { padding: .8rem 1rem; border: 1px solid var(--line); border-left: 3px solid var(--accent); border-radius: .3rem; white-space: pre-wrap; overflow-wrap: anywhere }
a { color: var(--accent) } dt { opacity: .65; font-size: .85rem } dd { margin: 0 0 .6rem; overflow-wrap: anywhere }
`;

/** Value of Content-Security-Policy that goes with the page. */
export const pagePolicy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/** Text made safe for HTML, attributes included. */
export function escapeHtml(text: string): string {
  const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? '');
}

/**
 * The page. `address` is how the client reached the server (`http://host:port`), `ca` the SHA-256 fingerprint of a CA of the
 * server's own; undefined `published`: nothing yet.
 */
export function indexPage(published: Published | undefined, address: string, ca?: string): string {
  const body = published === undefined ? '<p>Nothing has been published yet.</p>' : content(published, address, ca);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Cooper images</title>
<style>${style}</style>
</head>
<body>
<h1>Container images</h1>
<p class="lead">Built, signed and published by Cooper.</p>
${body}
</body>
</html>
`;
}

function content(published: Published, address: string, ca: string | undefined): string {
  const { fingerprint } = published.publisher;
  const images = [...published.offer.values()].filter((image) => newestIn(image, stableChannel) !== undefined);
  return `${published.revoked ? revokedNote : ''}<h2>Images</h2>
<div class="scroll"><table>
<thead><tr><th>Image</th><th>Description</th><th>Newest build</th><th>Files</th></tr></thead>
<tbody>
${images.map(row).join('\n')}
</tbody>
</table></div>
${usage(images[0], published, address, ca)}
<h2>Publisher</h2>
<dl>
<dt>OpenPGP fingerprint: compare it with what the publisher tells you elsewhere</dt>
<dd><code>${escapeHtml(fingerprint)}</code> (<a href="keys/${escapeHtml(fingerprint)}.asc">public key</a>)</dd>
<dt>Catalog</dt>
<dd><a href="cooper/v1/catalog">number ${published.serial}</a>, signed ${time(published.issued)}, good until ${time(published.expires)}</dd>
</dl>`;
}

const revokedNote = `<p><strong>The publisher has revoked the key that signs these images: trust none of them.</strong></p>
`;

type Image = Published['offer'] extends ReadonlyMap<string, infer Value> ? Value : never;

function row(image: Image): string {
  const newest = newestIn(image, stableChannel);
  if (newest === undefined) return '';
  const link = (name: string) => `<a href="${escapeHtml(encodePath(newest.path) + name)}">${name}</a>`;
  const files = ['rootfs.tar.xz', 'meta.tar.xz', 'image.json', 'SHA256SUMS'].map(link).join(' ');
  const cells = [
    `<code>${escapeHtml(imageName(image))}</code>`,
    escapeHtml(image.title),
    escapeHtml(newest.build),
    files,
  ];
  return `<tr>${cells.map((cell) => `<td>${cell}</td>`).join('')}</tr>`;
}

function usage(
  image: Image | undefined,
  { publisher: { fingerprint }, streams }: Published,
  address: string,
  ca: string | undefined,
): string {
  if (image === undefined) return '';
  const { distribution, release, architecture, variant } = image;
  const trust = ca === undefined ? '' : ' --ca ca.crt';
  const ours = `cooper create demo ${imageName(image)} --server ${address} --keyid ${fingerprint}${trust}`;
  const parts = `-d ${distribution} -r ${release} -a ${architecture} --variant ${variant}`;
  const stock = `lxc-create -n demo -t download -- --server ${address.replace(/^https?:\/\//, '')} ${parts}`;
  const note = address.startsWith('https:')
    ? 'LXC 5 and 6 check no signature: what they trust is the TLS certificate of this server.'
    : 'LXC 5 and 6 speak https only: this address serves them once TLS is switched on.';
  return `<h2>Use</h2>
<p>With Cooper, every byte verified against the publisher's key:</p>
<pre>${escapeHtml(ours)}</pre>
${ca === undefined ? '' : authorityNote(ca)}<p>With the stock LXC client:</p>
<pre>${escapeHtml(stock)}</pre>
<p>${escapeHtml(note)}</p>${streams === undefined ? '' : lxdNote(address)}`;
}

/** It speaks https only. */
function lxdNote(address: string): string {
  if (!address.startsWith('https:')) return '';
  return `
<p>With LXD or Incus (<code>incus remote add …</code>), which trust that certificate too:</p>
<pre>lxc remote add cooper ${escapeHtml(address)} --protocol simplestreams
lxc image list cooper:</pre>`;
}

function authorityNote(ca: string): string {
  return `<p>The TLS certificate is by a CA of this server's own. Its operator has it as <code>tls/ca.crt</code> in the home
folder; its SHA-256 fingerprint is <code>${escapeHtml(ca)}</code>.</p>
`;
}

function time(date: Date): string {
  const iso = date.toISOString();
  return `<time datetime="${iso}">${iso.slice(0, 16).replace('T', ' ')} UTC</time>`;
}

function encodePath(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/');
}
