/** Provides a repository of a registry as a source of images, with connections of its own. */
import { type ImageSource, parseReference } from '../image/index.js'
import { Registries, type RegistriesOptions } from '../registry/index.js'

/** A source that holds connections until it is closed. */
export interface RegistrySource extends ImageSource, AsyncDisposable {
  /** Aborts all requests. Resolves when no socket and no timer remains. */
  close(): Promise<void>
}

/**
 * Returns the repository `name` as a source of images. No request is sent before a method is called.
 *
 * @param name - Name as in Docker: `alpine`, `quay.io/team/app`. A tag or a digest in it is ignored.
 * @throws REFERENCE_INVALID when `name` is not the name of a repository; USAGE for invalid options
 * @example
 * const source = registrySource('alpine')
 * const { bytes } = await source.manifest('3.20')
 * await source.close()
 */
export function registrySource(name: string, options: RegistriesOptions = {}): RegistrySource {
  const registries = new Registries(options)
  const repository = registries.repository(parseReference(name))
  const close = (): Promise<void> => registries.close()
  return {
    host: repository.host,
    repository: repository.repository,
    identity: (request) => repository.identity(request),
    manifest: (tagOrDigest, request) => repository.manifest(tagOrDigest, request),
    blob: (descriptor, request) => repository.blob(descriptor, request),
    foreignBlob: (url, descriptor, request) => repository.foreignBlob(url, descriptor, request),
    blobSize: (digest, request) => repository.blobSize(digest, request),
    tags: (request) => repository.tags(request),
    referrers: (digest, request) => repository.referrers(digest, request),
    close,
    [Symbol.asyncDispose]: close,
  }
}
