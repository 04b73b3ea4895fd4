export { hostArchitecture, kernelArchitecture } from './architecture.ts';
export { standardDevices } from './devices.ts';
export { definitionFolders, definitionsAt, findDefinition, listDefinitions } from './find.ts';
export { type ImageId, imageName } from './identity.ts';
export {
  capabilityNames,
  type Isolation,
  isolationDefaults,
  type NetworkPolicy,
} from './isolation.ts';
export { loadDefinition } from './load.ts';
export { parseImageRequest, selectImage } from './names.ts';
export { nearMatches } from './near.ts';
export { openImage, openImages } from './open.ts';
export { resolveImage } from './resolve.ts';
export { type Action, type ImageFile, ownLayer, type ResolvedImage, sourceOf, type Trigger } from './resolved.ts';
export { definitionJsonSchema } from './schema.ts';
export { isDistributionName } from './schema-parts.ts';
export { starterDefinition, starterKinds } from './starter.ts';
