/** Sources of images: repositories of registries, and images on this machine in layouts, archives and directories. */
export {
  type DockerArchiveSource,
  dockerArchiveSource,
  receivedArchiveSource,
} from './archives/docker-archive-source.js'
export {
  type ArchiveSourceOptions,
  type OciArchiveSource,
  ociArchiveSource,
} from './archives/oci-archive-source.js'
export {
  type DirectorySource,
  directoryManifest,
  directoryManifestOf,
  directorySource,
} from './directory-source.js'
export { LayoutSource, layoutSource } from './layout-source.js'
export { LocalSource } from './local/local-source.js'
export { OrderedSource, type OrderedSourceOptions, type PlaceOrder } from './places/ordered-source.js'
export { PlaceRates } from './places/place-rates.js'
export { PlaceHealth, type PlaceName } from './places/place-health.js'
export type { ServedManifests, SourcePlace } from './places/source-place.js'
export { type RegistrySource, registrySource } from './registry-source.js'
export { type RootfsSource, rootfsSource } from './rootfs-source.js'
