/** Targets of images: repositories of registries and OCI image layouts. */
export { LayoutSink, layoutSink } from './layout-sink.js'
export { type RegistrySink, registrySink } from './registry-sink.js'
