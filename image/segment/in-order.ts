// Does pieces of work several at a time and gives their results in order, each as soon as it and those before it are there.

/** How much may be under way, or done and not yet taken. */
export interface Window<Item> {
  /** In units of `weigh`; a single item may weigh more. */
  readonly most: number;
  readonly weigh: (item: Item) => number;
}

/** What was begun and not yet taken, with its weight. */
interface Begun<Result> {
  readonly weight: number;
  readonly result: Promise<Result>;
}

/** Throws the first failure, in the order of the items; work that was begun then goes on unheeded. */
export async function* inOrder<Item, Result>(
  items: AsyncIterable<Item>,
  { most, weigh }: Window<Item>,
  work: (item: Item) => Promise<Result>,
): AsyncGenerator<Result> {
  const begun: Begun<Result>[] = [];
  const source = items[Symbol.asyncIterator]();
  let next: Promise<IteratorResult<Item>> | undefined = heeded(source.next());
  let load = 0;
  try {
    for (;;) {
      const [first] = begun;
      const item: IteratorResult<Item> | undefined = await nextUnless(next, first?.result);
      if (item?.done === true) next = undefined;
      else if (item !== undefined && (first === undefined || load + weigh(item.value) <= most)) {
        const weight = weigh(item.value);
        begun.push({ weight, result: heeded(work(item.value)) });
        load += weight;
        next = heeded(source.next());
        continue;
      }
      if (first === undefined) return;
      yield await first.result;
      load -= first.weight;
      begun.shift();
    }
  } finally {
    // A source that waits for its next item ends when that comes.
    heeded(Promise.resolve(source.return?.()));
  }
}

/** The next item; undefined when there is none to wait for, or `result` is there before it. */
async function nextUnless<Item>(
  next: Promise<IteratorResult<Item>> | undefined,
  result: Promise<unknown> | undefined,
): Promise<IteratorResult<Item> | undefined> {
  if (next === undefined || result === undefined) return next;
  return Promise.race([next, result.then(noItem, noItem)]);
}

const noItem = (): undefined => undefined;

/** It is awaited in its turn. */
function heeded<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}
