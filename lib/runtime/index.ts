/** Running images: bundles for OCI runtimes, and mounts of the layers of the store. */
export { bundleRootfs, writeBundleConfig } from './bundle.js'
export type { ContainerOptions } from './config/make-runtime-spec.js'
export {
  type IdMapping,
  type RuntimeMount,
  type RuntimeSpec,
  RuntimeSpecCodec,
} from './config/runtime-spec.js'
export { type ImageToMount, mountImage, type MountSettings } from './mount/mount-image.js'
export { type MountState, mountState, removeMount } from './mount/remove-mount.js'
export { listOwners, ownersFileName, writeOwners } from './owners.js'
