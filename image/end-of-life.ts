// What people are told of an image that comes to the end of its life. Pure.

/** A sentence about `image` for the mark of its shard, an ISO time; undefined for an image without one. */
export function endOfLifeNotice(image: string, endOfLife: string | undefined, now: Date): string | undefined {
  if (endOfLife === undefined) return undefined;
  const day = endOfLife.slice(0, 10);
  return Date.parse(endOfLife) <= now.getTime()
    ? `${image} has been at the end of its life since ${day}: it gets no more updates`
    : `${image} comes to the end of its life on ${day}: it gets no updates after that`;
}
