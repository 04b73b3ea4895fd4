import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { timeOfBuild } from '../../../image/index.ts';
import { digestOf } from '../../../keys/digest.ts';
import { buildNameAfter, buildNameAt } from '../../../server/publish/build-time.ts';
import type { Offer, OfferedBuild, OfferedImage } from '../../../server/publish/offer.ts';
import { decideRetention, dueFolders, type RetentionPolicy } from '../../../server/publish/retention.ts';
import { buildFolder } from '../../../server/publish/tree.ts';
import { type ImageId, imageName } from '../../../variants/identity.ts';
import { mini } from '../made-build.ts';

const hour = 3600 * 1000;
const day = 24 * hour;
const now = new Date('2026-03-01T12:00:00Z');
const large = { ...mini, variant: 'large' };
const manifest = digestOf(Buffer.from('image.json'));

interface Marks {
  readonly channels?: readonly string[];
  readonly pinned?: boolean;
}

const offered = (id: ImageId, age: number, { channels = ['stable'], pinned = false }: Marks = {}): OfferedBuild => {
  const build = buildNameAt(new Date(now.getTime() - age * day));
  return { build, path: buildFolder(id, build), manifest, channels, pinned, attestations: [] };
};

const imageOf = (id: ImageId, builds: readonly OfferedBuild[], endOfLife?: string): OfferedImage => {
  const newestFirst = [...builds].sort((a, b) => (a.build < b.build ? 1 : -1));
  return { ...id, title: 'x', builds: newestFirst, withdrawn: [], endOfLife };
};

const offerOf = (...images: readonly OfferedImage[]): Offer =>
  new Map(images.map((image) => [imageName(image), image]));

const policyOf = (policy: Partial<RetentionPolicy>): RetentionPolicy => ({ grace: 48, images: [], ...policy });

const decide = (offer: Offer, policy: Partial<RetentionPolicy>) =>
  decideRetention({ offer, departed: new Map(), policy: policyOf(policy), now });

/** Reasons, newest build first; what leaves in brackets. */
const told = (offer: Offer, policy: Partial<RetentionPolicy>) =>
  decide(offer, policy).map(({ fate, reason }) => (fate === 'keep' ? reason : `(${reason})`));

const newest = 'the newest in stable, the last known good';
const rollback = 'what a rollback of stable leads to';

describe('of the builds of an image', () => {
  const aged = (...ages: readonly number[]) =>
    offerOf(
      imageOf(
        mini,
        ages.map((age) => offered(mini, age)),
      ),
    );

  it('the newest few stay', () => {
    expect(told(aged(1, 2, 3, 4), { keep: 3 })).toEqual([
      newest,
      rollback,
      'among the 3 newest in stable',
      '(not among the 3 newest in stable)',
    ]);
  });

  it('the young ones stay', () => {
    expect(told(aged(1, 5, 20, 31), { days: 30 })).toEqual([
      newest,
      rollback,
      'younger than 30 days',
      '(not younger than 30 days)',
    ]);
  });

  it('each that either rule keeps stays', () => {
    expect(told(aged(1, 2, 3, 4, 50), { keep: 3, days: 4.5 })).toEqual([
      newest,
      rollback,
      'among the 3 newest in stable',
      'younger than 4.5 days',
      '(not among the 3 newest in stable, not younger than 4.5 days)',
    ]);
  });

  it('all stay when neither rule is given', () => {
    expect(decide(aged(1, 200, 900), {}).map(({ fate }) => fate)).toEqual(['keep', 'keep', 'keep']);
  });

  it('all stay without a policy, and what is off the index too', () => {
    const departed = new Map([[buildFolder(mini, offered(mini, 90).build), new Date(0)]]);
    const decisions = decideRetention({ offer: aged(1, 900), departed, policy: undefined, now });
    expect(decisions.map(({ fate, filesGo }) => [fate, filesGo])).toEqual([
      ['keep', undefined],
      ['keep', undefined],
      ['wait', undefined],
    ]);
  });

  it('the newest stays at the end of life too, the one before it only until then', () => {
    const builds = [offered(mini, 400), offered(mini, 500)];
    const ended = new Date(now.getTime() - day).toISOString();
    const later = new Date(now.getTime() + day).toISOString();
    const rule = { keep: 1, days: 1 };
    expect(told(offerOf(imageOf(mini, builds, later)), rule)).toEqual([newest, rollback]);
    expect(told(offerOf(imageOf(mini, builds, ended)), rule)).toEqual([
      newest,
      '(not the newest in stable, not younger than 1 day)',
    ]);
  });

  it('one that leaves has its files until the grace is over', () => {
    const gone = decide(aged(1, 2, 3), { keep: 1, grace: 5 }).at(-1);
    expect(gone).toMatchObject({ image: imageName(mini), fate: 'leave', filesGo: new Date(now.getTime() + 5 * hour) });
  });

  it('the first rule that matches counts, over what it does not say itself', () => {
    const ages = [1, 2, 3, 4, 5];
    const offer = offerOf(
      imageOf(
        mini,
        ages.map((age) => offered(mini, age)),
      ),
      imageOf(
        large,
        ages.map((age) => offered(large, age)),
      ),
    );
    const images = [
      { match: { variant: 'mini' }, keep: 4 },
      { match: { distribution: 'debian' }, keep: 3, days: 100 },
    ];
    const kept = decide(offer, { keep: 2, days: 0, images }).filter(({ fate }) => fate === 'keep');
    expect(kept.filter(({ image }) => image === imageName(mini))).toHaveLength(4);
    expect(kept.filter(({ image }) => image === imageName(large))).toHaveLength(5);
  });
});

describe('files of a build off the index', () => {
  const path = buildFolder(mini, offered(mini, 9).build);
  const at = (hours: number) => new Map([[path, new Date(now.getTime() - hours * hour)]]);
  const fate = (hours: number) =>
    decideRetention({ offer: new Map(), departed: at(hours), policy: policyOf({}), now })[0]?.fate;

  it('stay for the grace, to the minute, and go then', () => {
    expect(fate(47.9)).toBe('wait');
    expect(fate(48)).toBe('remove');
    expect(dueFolders(at(47.9), 48, now)).toEqual([]);
    expect(dueFolders(at(48), 48, now)).toEqual([path]);
  });
});

const channelSets = fc.subarray(['beta', 'stable', 'testing'], { minLength: 1 });
const image = (id: ImageId) =>
  fc
    .tuple(
      fc.uniqueArray(fc.tuple(fc.integer({ min: 0, max: 400 }), channelSets, fc.boolean()), {
        selector: ([age]) => age,
        minLength: 1,
        maxLength: 12,
      }),
      fc.option(fc.integer({ min: -500, max: 500 }), { nil: undefined }),
    )
    .map(([builds, ends]) =>
      imageOf(
        id,
        builds.map(([age, channels, pinned]) => offered(id, age, { channels, pinned })),
        ends === undefined ? undefined : new Date(now.getTime() + ends * day).toISOString(),
      ),
    );
const offers = fc.tuple(image(mini), image(large)).map((images) => offerOf(...images));
const limit = {
  keep: fc.option(fc.integer({ min: 1, max: 15 }), { nil: undefined }),
  days: fc.option(fc.integer({ min: 0, max: 450 }), { nil: undefined }),
};
const policies = fc.record({
  ...limit,
  grace: fc.integer({ min: 0, max: 100 }),
  images: fc.array(fc.record({ match: fc.constantFrom({}, { variant: 'mini' }, { release: 'none' }), ...limit }), {
    maxLength: 2,
  }),
});
const keptPaths = (offer: Offer, policy: RetentionPolicy) =>
  new Set(
    decide(offer, policy)
      .filter(({ fate }) => fate === 'keep')
      .map(({ path }) => path),
  );

describe('whatever the policy', () => {
  it('the last known good of every channel stays, and every pinned build', () => {
    fc.assert(
      fc.property(offers, policies, (offer, policy) => {
        const kept = keptPaths(offer, policy);
        for (const { builds } of offer.values()) {
          for (const channel of ['beta', 'stable', 'testing']) {
            const first = builds.find(({ channels }) => channels.includes(channel));
            expect(first === undefined || kept.has(first.path)).toBe(true);
          }
          for (const { path, pinned } of builds) expect(!pinned || kept.has(path)).toBe(true);
        }
      }),
    );
  });

  it('every build has one decision, with a reason, and the same one again', () => {
    fc.assert(
      fc.property(offers, policies, (offer, policy) => {
        const decisions = decide(offer, policy);
        const turned = new Map([...offer].reverse());
        expect(decide(turned, policy)).toEqual(decisions);
        const paths = [...offer.values()].flatMap(({ builds }) => builds.map(({ path }) => path));
        expect(decisions.map(({ path }) => path).sort()).toEqual(paths.sort());
        expect(decisions.every(({ reason }) => reason.length > 0)).toBe(true);
      }),
    );
  });

  it('a larger limit never keeps less', () => {
    fc.assert(
      fc.property(offers, policies, fc.nat(5), fc.nat(50), (offer, policy, more, longer) => {
        const { keep, days } = policy;
        const wider = {
          ...policy,
          keep: keep === undefined ? undefined : keep + more,
          days: days === undefined ? undefined : days + longer,
        };
        const kept = keptPaths(offer, wider);
        for (const path of keptPaths(offer, policy)) expect(kept).toContain(path);
      }),
    );
  });

  it('what is in another channel changes nothing', () => {
    fc.assert(
      fc.property(offers, policies, (offer, policy) => {
        const only = (channel: string) =>
          new Map(
            [...offer].map(([name, each]): [string, OfferedImage] => [
              name,
              { ...each, builds: each.builds.filter(({ channels }) => channels.join() === channel) },
            ]),
          );
        const both = new Map(
          [...only('stable')].map(([name, each]): [string, OfferedImage] => [
            name,
            imageOf(each, [...each.builds, ...(only('testing').get(name)?.builds ?? [])], each.endOfLife),
          ]),
        );
        const inBoth = keptPaths(both, policy);
        const apart = [...keptPaths(only('stable'), policy), ...keptPaths(only('testing'), policy)];
        expect([...inBoth].sort()).toEqual(apart.sort());
      }),
    );
  });

  it('what has left stays away: the same decisions are made of what is left', () => {
    fc.assert(
      fc.property(offers, policies, (offer, policy) => {
        const kept = keptPaths(offer, policy);
        const left = new Map(
          [...offer].map(([name, each]): [string, OfferedImage] => [
            name,
            { ...each, builds: each.builds.filter(({ path }) => kept.has(path)) },
          ]),
        );
        expect(keptPaths(left, policy)).toEqual(kept);
      }),
    );
  });
});

describe('the name of a build', () => {
  const names = fc.array(fc.date({ min: new Date('2020-01-01'), max: new Date('2090-01-01'), noInvalidDate: true }));

  it('says when it began, to the minute', () => {
    fc.assert(
      fc.property(names, (dates) => {
        for (const date of dates) {
          expect(timeOfBuild(buildNameAt(date))?.getTime()).toBe(Math.floor(date.getTime() / 60_000) * 60_000);
        }
      }),
    );
  });

  it('is later than all others, also when the clock goes back', () => {
    fc.assert(
      fc.property(names, (dates) => {
        const next = buildNameAfter(dates.map(buildNameAt), now);
        for (const date of [...dates, new Date(now.getTime() - 60_000)]) expect(next > buildNameAt(date)).toBe(true);
      }),
    );
  });
});
