/** Sources of images: repositories of registries and OCI image layouts. */
export { LayoutSource, layoutSource } from './layout-source.js'
export { OrderedSource, type OrderedSourceOptions, type PlaceOrder } from './places/ordered-source.js'
export { PlaceRates } from './places/place-rates.js'
export { PlaceHealth, type PlaceName } from './places/place-health.js'
export type { ServedManifests, SourcePlace } from './places/source-place.js'
export { type RegistrySource, registrySource } from './registry-source.js'
