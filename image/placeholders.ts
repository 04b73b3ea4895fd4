// The five names that LXC templates replace in texts of an image (docs/PROTOCOLS.md, section 1). Pure.
// Replacement works on bytes, so that a file in any encoding keeps what is not replaced.

/** What each placeholder stands for. */
export interface PlaceholderValues {
  readonly name: string;
  /** Folder of the container: `<containers>/<name>`. */
  readonly path: string;
  /** Root filesystem: `<path>/rootfs`. */
  readonly rootfs: string;
}

/** Where LXC keeps the configuration that images include, and its hooks, on every distribution that packages it. */
const templateConfig = '/usr/share/lxc/config';
const hookDir = '/usr/share/lxc/hooks';

/** Replaces LXC_NAME, LXC_PATH, LXC_ROOTFS, LXC_TEMPLATE_CONFIG and LXC_HOOK_DIR, one after the other as LXC does. */
export function replacePlaceholders(text: Buffer, values: PlaceholderValues): Buffer {
  const replacements = [
    ['LXC_NAME', values.name],
    ['LXC_PATH', values.path],
    ['LXC_ROOTFS', values.rootfs],
    ['LXC_TEMPLATE_CONFIG', templateConfig],
    ['LXC_HOOK_DIR', hookDir],
  ] as const;
  let bytes = text.toString('latin1');
  for (const [placeholder, value] of replacements) {
    bytes = bytes.replaceAll(placeholder, () => Buffer.from(value, 'utf8').toString('latin1'));
  }
  return Buffer.from(bytes, 'latin1');
}
