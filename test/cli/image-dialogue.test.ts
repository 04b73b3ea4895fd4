import { describe, expect, it } from 'vitest';
import { chooseByDialogue, questionOf } from '../../cli/image-dialogue.ts';
import type { ImageId } from '../../variants/identity.ts';

const image = (distribution: string, release: string, architecture: string, variant: string, version?: string) => ({
  distribution,
  release,
  architecture,
  variant,
  releaseVersion: version,
});
const images = [
  ...['amd64', 'arm64'].flatMap((arch) =>
    ['default', 'mini'].flatMap((variant) => [
      image('debian', 'bookworm', arch, variant, '12'),
      image('debian', 'trixie', arch, variant, '13'),
    ]),
  ),
  image('alpine', '3.19', 'riscv64', 'tiny'),
];
const host = { distribution: 'debian', release: 'bookworm', architecture: 'arm64' };

/** Answers one after the other; gives the image and what was asked. */
async function talk(answers: readonly string[], given: Partial<ImageId> = {}, on = host) {
  const asked: string[] = [];
  const left = [...answers];
  const chosen = await chooseByDialogue(images, given, on, async (text) => {
    asked.push(text);
    const answer = left.shift();
    if (answer === undefined) throw new Error(`nothing is answered to ${text}`);
    return answer;
  });
  return { chosen: Object.values(chosen).join('/'), asked, left };
}

describe('the dialogue', () => {
  it('takes what fits the host when Enter is all that is said', async () => {
    const { chosen, asked } = await talk(['', '', '', '']);
    expect(chosen).toBe('debian/bookworm/arm64/default');
    expect(asked).toEqual([
      'Distribution (alpine, debian) [debian]:',
      'Release (bookworm = 12, trixie = 13) [bookworm]:',
      'Architecture (amd64, arm64) [arm64]:',
      'Variant (default, mini) [default]:',
    ]);
  });

  it('takes names, versions and other words for architectures', async () => {
    expect((await talk(['debian', '13', 'x86_64', 'mini'])).chosen).toBe('debian/trixie/amd64/mini');
  });

  it('offers what is alone as default, whatever the host is', async () => {
    const { chosen, asked } = await talk(['alpine', '', '', '']);
    expect(chosen).toBe('alpine/3.19/riscv64/tiny');
    expect(asked.at(-1)).toBe('Variant (tiny) [tiny]:');
  });

  it('asks again after what is not there, and says so', async () => {
    const { chosen, asked } = await talk(['debain', 'debian', '14', '12', '', '']);
    expect(chosen).toBe('debian/bookworm/arm64/default');
    expect(asked[1]).toBe('There is no distribution "debain".\nDistribution (alpine, debian) [debian]:');
    expect(asked[3]).toMatch(/^There is no release "14"\.\n/);
  });

  it('asks again where nothing is usual', async () => {
    const elsewhere = { ...host, distribution: 'fedora' };
    const { asked } = await talk(['', 'debian', '', 'trixie', '', ''], {}, elsewhere);
    expect(asked[0]).toBe('Distribution (alpine, debian):');
    expect(asked[1]).toBe(asked[0]);
    expect(asked[2]).toBe('Release (bookworm = 12, trixie = 13):');
  });

  it('does not ask for what was given', async () => {
    const { chosen, asked } = await talk(['', ''], { distribution: 'debian', architecture: 'x86_64' });
    expect(chosen).toBe('debian/bookworm/amd64/default');
    expect(asked).toHaveLength(2);
  });

  it('refuses what was given and is not there', async () => {
    await expect(talk([], { distribution: 'debain' })).rejects.toMatchObject({
      code: 'image-not-found',
      lines: ['it has: debian'],
    });
  });

  it('has nothing to ask of a server without images', async () => {
    await expect(chooseByDialogue([], {}, host, async () => '')).rejects.toMatchObject({ code: 'image-not-found' });
  });
});

it('an architecture that the server lacks is no default', () => {
  expect(questionOf('architecture', images, { architecture: 's390x' }).usual).toBeUndefined();
});
