/** Where images go to: a repository of a registry, or an OCI image layout. */
export { LayoutSink, layoutSink } from './layout-sink.js'
export { type RegistrySink, registrySink } from './registry-sink.js'
