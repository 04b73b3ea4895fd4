// deb822: paragraphs of `Field: value` lines with continuation lines (deb822(5)). Pure.
// Refuses lines that are neither, fields that stand twice and a continuation before any field.

/**
 * Parses one stanza. Field names stay as they are written. A value of several lines keeps its line ends and the blank that
 * begins each further line, so that it can be written back as it was.
 * @throws SyntaxError with the faulty line
 */
export function parseStanza(text: string): Map<string, string> {
  const fields = new Map<string, string>();
  let name: string | undefined;
  for (const line of text.split('\n')) {
    if (line === '') {
      continue;
    }
    if (line.startsWith(' ') || line.startsWith('\t')) {
      if (name === undefined) {
        throw new SyntaxError(`a continuation line stands before any field: "${line}"`);
      }
      fields.set(name, `${fields.get(name) ?? ''}\n${line}`);
      continue;
    }
    const colon = line.indexOf(':');
    if (colon < 1 || /\s/.test(line.slice(0, colon))) {
      throw new SyntaxError(`"${line.slice(0, 80)}" is no field`);
    }
    name = line.slice(0, colon);
    if (fields.has(name)) {
      throw new SyntaxError(`the field ${name} stands twice`);
    }
    fields.set(name, line.slice(colon + 1).trim());
  }
  return fields;
}

/** The stanzas of a file: separated by lines that are empty or blank, comment lines left out. */
export function splitStanzas(text: string): string[] {
  const lines = text.split('\n').filter((line) => !line.startsWith('#'));
  return lines
    .map((line) => (line.trim() === '' ? '' : line))
    .join('\n')
    .split(/(?:^|\n)\n+/)
    .filter((stanza) => stanza.trim() !== '');
}
