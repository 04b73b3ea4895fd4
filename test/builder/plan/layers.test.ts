// How an image is cut into layers, and what their keys depend on.

import { describe, expect, it } from 'vitest';
import { planLayers, type ResolvedLayer } from '../../../builder/plan/layers.ts';
import type { WantedPackage } from '../../../builder/source/index.ts';
import type { Sha256 } from '../../../keys/index.ts';

function wanted(name: string, version = '1'): WantedPackage {
  return {
    name,
    version,
    architecture: 'amd64',
    multiArch: 'no',
    source: { name, version },
    archive: 'main',
    path: `pool/${name}_${version}.deb`,
    digest: { size: 1, sha256: `${name}${version}` as Sha256 },
    essential: false,
    automatic: false,
  };
}

function layer(variant: string, packages: readonly WantedPackage[], script = ''): ResolvedLayer {
  const actions = script === '' ? [] : [{ name: script, trigger: 'post-packages' as const, script }];
  return {
    layer: { variant, base: 'essential', include: [], exclude: [], recommends: false, files: [], actions },
    packages,
  };
}

const [a, b, c] = [wanted('a'), wanted('b'), wanted('c')];
const names = (packages: readonly WantedPackage[]) => packages.map(({ name }) => name).join();

describe('layers', () => {
  it('each has the packages that those below lack', () => {
    const plans = planLayers([layer('mini', [a]), layer('default', [a, b]), layer('large', [a, b, c])]);
    expect(plans.map(({ variant, added }) => `${variant}: ${names(added)}`)).toEqual([
      'mini: a',
      'default: b',
      'large: c',
    ]);
  });

  it('a variant that lacks a package of the one below is joined with it, actions in order', () => {
    const plans = planLayers([
      layer('mini', [a, b], 'one'),
      layer('default', [a, c], 'two'),
      layer('large', [a, b, c]),
    ]);
    expect(plans.map(({ variant, added }) => `${variant}: ${names(added)}`)).toEqual(['default: a,c', 'large: b']);
    expect(plans[0]?.actions.map(({ name }) => name)).toEqual(['one', 'two']);
  });

  it('what each of two joined variants does is done for both, after what is its own', () => {
    const bring = (variant: string, packages: readonly WantedPackage[], names: readonly string[]): ResolvedLayer => {
      const { layer: own } = layer(variant, packages);
      const actions = names.map((name) => ({ name, trigger: 'post-packages' as const, script: name }));
      return { layer: { ...own, actions }, packages };
    };
    const plans = planLayers([bring('mini', [a, b], ['mend']), bring('default', [a, c], ['bring', 'mend'])]);
    expect(plans.map(({ actions }) => actions.map(({ name }) => name))).toEqual([['mend', 'bring', 'mend']]);
    const apart = planLayers([layer('mini', [a], 'mend'), layer('default', [a, c], 'mend')]);
    expect(apart.map(({ actions }) => actions.length)).toEqual([1, 1]);
  });

  it('a package in another version is another package', () => {
    const plans = planLayers([layer('mini', [a]), layer('default', [wanted('a', '2'), b])]);
    expect(plans.map(({ variant }) => variant)).toEqual(['default']);
  });

  it('what is joined no longer fits below is joined again', () => {
    const plans = planLayers([layer('mini', [a, b]), layer('default', [a, b, c]), layer('large', [c])]);
    expect(plans.map(({ variant, added }) => `${variant}: ${names(added)}`)).toEqual(['large: c']);
  });

  it('have the same key whatever is built upon them', () => {
    const [low] = planLayers([layer('mini', [a])]);
    const [same] = planLayers([layer('mini', [a]), layer('default', [a, b])]);
    expect(same?.key).toBe(low?.key);
  });

  it.each([
    ['a package', [layer('mini', [a, c]), layer('default', [a, b, c])]],
    ['an action below', [layer('mini', [a], 'more'), layer('default', [a, b])]],
    ['the name of the variant', [layer('mini', [a]), layer('other', [a, b])]],
  ])('%s changes the key of all above', (_what, chain) => {
    const before = planLayers([layer('mini', [a]), layer('default', [a, b])]);
    expect(planLayers(chain).at(-1)?.key).not.toBe(before.at(-1)?.key);
  });

  it('begin as their seed, which the lowest alone has, and are others with another one', () => {
    const seed = [{ name: 'one', digest: { size: 1, sha256: '1' as Sha256 } }];
    const other = [{ name: 'two', digest: { size: 1, sha256: '2' as Sha256 } }];
    const chain = (from: ResolvedLayer['seed'] & object) =>
      planLayers([layer('mini', []), layer('default', [])].map((each) => ({ ...each, seed: from })));
    const plans = chain(seed);
    expect(plans.map((plan) => plan.seed)).toEqual([seed, []]);
    expect(plans.map(({ key }) => key)).not.toEqual(chain(other).map(({ key }) => key));
    expect(plans.map(({ key }) => key)).toEqual(
      chain([{ ...seed[0], name: 'renamed' }] as typeof seed).map(({ key }) => key),
    );
  });
});
