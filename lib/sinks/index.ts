/** Targets of images: repositories of registries and OCI image layouts. */
export { DeferredSink, type RegistryTarget } from './deferred-sink.js'
export { LayoutSink, layoutSink } from './layout-sink.js'
export { type RegistrySink, registrySink } from './registry-sink.js'
