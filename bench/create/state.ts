// What of an image is on the machine before a container is made.

/** `cold`: nothing; `warm`: the image, from a container before; `delta`: the build before it. */
export const states = ['cold', 'warm', 'delta'] as const;

export type State = (typeof states)[number];
