export { type CreatedContainer, type CreateRequest, createContainer } from './create.ts';
export { runInContainer } from './run.ts';
export { type ImageFilter, parseImageFilter } from './verify/image-name.ts';
export { listImages } from './verify/images.ts';
export { openPublisher } from './verify/publisher.ts';
export { fromFirst } from './verify/servers.ts';
