/** Provides a repository of a registry as a target of images, with connections of its own. */
import { type ImageSink, parseReference } from '../image/index.js'
import { Registries, type RegistriesOptions } from '../registry/index.js'

/** A target that holds connections until it is closed. */
export interface RegistrySink extends ImageSink, AsyncDisposable {
  /** Aborts all requests. Resolves when no socket and no timer remains. */
  close(): Promise<void>
}

/**
 * Returns the repository `name` as a target of images. No request is sent before a method is called.
 *
 * @param name - Name as in Docker: `team/app`, `quay.io/team/app`. A tag or a digest in it is ignored.
 * @throws REFERENCE_INVALID when `name` is not the name of a repository; USAGE for invalid options
 * @example
 * const sink = registrySink('localhost:5000/app')
 * const digest = await sink.resolve('1.2')
 * await sink.close()
 */
export function registrySink(name: string, options: RegistriesOptions = {}): RegistrySink {
  const registries = new Registries(options)
  const target = registries.target(parseReference(name))
  const close = (): Promise<void> => registries.close()
  return {
    host: target.host,
    repository: target.repository,
    identity: (request) => target.identity(request),
    hasBlob: (descriptor, request) => target.hasBlob(descriptor, request),
    hasImage: (descriptor, request) => target.hasImage(descriptor, request),
    resolve: (tag, request) => target.resolve(tag, request),
    mount: (descriptor, fromRepository, request) => target.mount(descriptor, fromRepository, request),
    putBlob: (descriptor, open, request) => target.putBlob(descriptor, open, request),
    putManifest: (bytes, descriptor, request) => target.putManifest(bytes, descriptor, request),
    putReferrer: (bytes, descriptor, subject, request) =>
      target.putReferrer(bytes, descriptor, subject, request),
    tags: (request) => target.tags(request),
    removeTags: (tags, request) => target.removeTags(tags, request),
    close,
    [Symbol.asyncDispose]: close,
  }
}
