// Which users may have network devices of which bridge: the file lxc-usernet (lxc-usernet(5)). Pure.

/** Who asks. */
export interface NetworkUser {
  readonly name: string;
  /** Names of the groups that the user is in. */
  readonly groups: readonly string[];
}

/** True when a line `USER veth LINK COUNT`, or `@GROUP …`, lets the user have at least one device of `link`. */
export function mayAttach(text: string, { name, groups }: NetworkUser, link: string): boolean {
  const owners = new Set([name, ...groups.map((group) => `@${group}`)]);
  return text.split('\n').some((line) => {
    const [owner = '', type, bridge, count = ''] = line.trim().split(/\s+/);
    return owners.has(owner) && type === 'veth' && bridge === link && /^[1-9]\d*$/.test(count);
  });
}
