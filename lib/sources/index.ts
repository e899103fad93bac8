/** Sources of images: repositories of registries and OCI image layouts. */
export { LayoutSource, layoutSource } from './layout-source.js'
export { type RegistrySource, registrySource } from './registry-source.js'
