/** Targets of images: repositories of registries, and layouts, archives and directories on this machine. */
export { type DockerArchiveSink, dockerArchiveSink } from './archives/docker-archive-sink.js'
export { type OciArchiveSink, ociArchiveSink } from './archives/oci-archive-sink.js'
export { writeArchiveFile } from './archives/publish-archive.js'
export { DeferredSink, type RegistryTarget } from './deferred-sink.js'
export { type DirectorySink, directorySink } from './directory-sink.js'
export { LayoutSink, layoutSink } from './layout-sink.js'
export { type RegistrySink, registrySink } from './registry-sink.js'
