// apt's own lists of archives, in both forms: one line each (sources.list(5)) and deb822 (`*.sources`). Pure.
// Passes over what it does not understand: a host's configuration is a hint, not an input.

import { parseStanza, splitStanzas } from './stanza.ts';

/** One archive that the host uses for binary packages. */
export interface AptSource {
  readonly uri: string;
  readonly suites: readonly string[];
  readonly components: readonly string[];
  /** Path of a keyring, when the entry is bound to one; a key written into the entry is the empty string. */
  readonly signedBy: string | undefined;
}

/** Entries of a `.list` file. */
export function parseOneLineSources(text: string): AptSource[] {
  return text.split('\n').flatMap((line) => {
    const [, options, uri, suite, rest] = /^\s*deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)([^#]*)/.exec(line) ?? [];
    if (uri === undefined || suite === undefined) {
      return [];
    }
    const signedBy = /(?:^|\s)signed-by=(\S+)/i.exec(options ?? '')?.[1];
    return keep([{ uri, suites: [suite], components: words(rest), signedBy }]);
  });
}

/** Entries of a `.sources` file; a stanza names several URIs and suites at once. */
export function parseDeb822Sources(text: string): AptSource[] {
  return splitStanzas(text).flatMap((stanza) => {
    const fields = readFields(stanza);
    if (!words(fields.get('types')).includes('deb') || /^(no|false|0)$/i.test(fields.get('enabled') ?? '')) {
      return [];
    }
    const key = fields.get('signed-by');
    const signedBy = key?.includes('\n') ? '' : key;
    const suites = words(fields.get('suites'));
    const components = words(fields.get('components'));
    return keep(words(fields.get('uris')).map((uri) => ({ uri, suites, components, signedBy })));
  });
}

/** Only what can be fetched as it stands: no local media and no variables. */
function keep(sources: readonly AptSource[]): AptSource[] {
  return sources.filter(({ uri }) => /^https?:\/\/[^$]+$/.test(uri));
}

/** apt takes field names in any case. */
function readFields(stanza: string): Map<string, string> {
  try {
    return new Map([...parseStanza(stanza)].map(([name, value]) => [name.toLowerCase(), value]));
  } catch (error) {
    if (error instanceof SyntaxError) {
      return new Map();
    }
    throw error;
  }
}

function words(value: string | undefined): string[] {
  return (value ?? '').split(/\s+/).filter((word) => word !== '');
}
