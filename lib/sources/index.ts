/** Where images come from: a repository of a registry, or an OCI image layout. */
export { LayoutSource, layoutSource } from './layout-source.js'
export { type RegistrySource, registrySource } from './registry-source.js'
