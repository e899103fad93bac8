/** Finds the result of an earlier conversion of a schema 1 image. */
import { type Schema1Conversion, decideManifest, parseImageConfig } from '../../image/index.js'
import { defaultLimits } from '../../limits.js'
import type { Store } from '../../store/index.js'
import type { Resolved, Schema1Document } from '../elements.js'

/** Annotation on a name: the digest of the schema 1 manifest that its manifest was converted from. */
export const schema1Annotation = 'io.windlass.schema1.digest'

/** Annotation on a name: the digest of that schema 1 manifest with its signatures, byte for byte as served. */
export const signedAnnotation = 'io.windlass.schema1.signed'

/**
 * Returns the conversion that the store has under the name. Returns undefined if the name refers to something else,
 * or if any part is missing or corrupt: the image is then converted again.
 */
export async function storedConversion(
  { request, document }: Resolved<Schema1Document>,
  store: Store,
): Promise<Schema1Conversion | undefined> {
  const { limits = defaultLimits, name: reference } = request
  const { descriptor } = (await store.names.get(reference)) ?? {}
  if (descriptor?.annotations?.[schema1Annotation] !== document.descriptor.digest) return undefined
  try {
    const { digest, mediaType } = descriptor
    const converted = decideManifest({
      bytes: await store.blobs.read(digest, limits.manifestBytes),
      contentType: mediaType,
      expected: { digest },
      host: store.directory,
      reference,
      limits,
    })
    if (converted.kind !== 'image') return undefined
    const bytes = await store.blobs.read(converted.manifest.config.digest, limits.configBytes)
    const config = parseImageConfig(bytes, { reference, configBytes: limits.configBytes })
    return { document: converted, config: { bytes, config, diffIDs: config.rootfs.diff_ids } }
  } catch {
    return undefined
  }
}
