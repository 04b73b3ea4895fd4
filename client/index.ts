export { type CreatedContainer, type CreateRequest, createContainer } from './create.ts';
export { fetchBlocks, type Traffic } from './fetch/blocks.ts';
export { LocalBlocks } from './fetch/local-blocks.ts';
export { runInContainer } from './run.ts';
export { type ImageFilter, parseImageFilter, parseImageName } from './verify/image-name.ts';
export { fetchManifest, fetchShards, listImages, type ShardFile } from './verify/images.ts';
export { openPublisher, type Publisher, type PublisherRequest } from './verify/publisher.ts';
export { addressBelow } from './verify/server-address.ts';
export { fromFirst } from './verify/servers.ts';
