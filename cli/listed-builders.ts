// The builders that a home lists, for people.

import { describeBuilder, type ListedBuilder, readBuilders } from '../keys/index.ts';
import type { CommandContext } from './context.ts';

/** All of them as they are now. Throws `key-unreadable`. */
export async function listedBuilders({ home, now }: CommandContext): Promise<readonly ListedBuilder[]> {
  return Promise.all((await readBuilders(home.builders)).map((each) => describeBuilder(each, now)));
}
