// Placeholders of texts: those that are replaced when an image is built, and those that whoever makes a container replaces
// (docs/PROTOCOLS.md, section 1). Pure.

/** Replaced at build time, each in braces. */
export const buildPlaceholders = ['version', 'release', 'architecture', 'variant'] as const;

/** What the placeholders of a build stand for. */
export type BuildValues = Readonly<Record<(typeof buildPlaceholders)[number], string>>;

/** Replaced in each container, by stock clients too. */
export const containerPlaceholders = ['LXC_NAME', 'LXC_PATH', 'LXC_ROOTFS', 'LXC_TEMPLATE_CONFIG', 'LXC_HOOK_DIR'];

const inBraces = new RegExp(`\\{(${buildPlaceholders.join('|')})\\}`, 'g');

/** Replaces {version}, {release}, {architecture} and {variant}; other braces stay. */
export function fillAtBuild(text: string, values: BuildValues): string {
  return text.replaceAll(inBraces, (whole, key: string) => values[key as keyof BuildValues] ?? whole);
}

/** True when a build would replace something in the text. */
export function hasBuildPlaceholder(text: string): boolean {
  return text.search(inBraces) !== -1;
}

/** True when something in the text is replaced in each container. */
export function hasContainerPlaceholder(text: string): boolean {
  return containerPlaceholders.some((name) => text.includes(name));
}

/** What looks like a placeholder of containers and is none. */
export function strayPlaceholders(text: string): readonly string[] {
  const words = text.match(/\bLXC_[A-Z]+(?:_[A-Z]+)*/g) ?? [];
  return [...new Set(words)].filter((word) => !containerPlaceholders.some((name) => word.startsWith(name)));
}
