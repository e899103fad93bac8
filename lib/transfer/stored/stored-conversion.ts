/** Finds the result of an earlier conversion of a schema 1 image to an OCI image. */
import { type Digest, type Schema1Conversion, parseManifest, parseImageConfig } from '../../image/index.js'
import { type Limits, defaultLimits } from '../../limits.js'
import type { StoreContents } from '../../store/index.js'

/** Annotation on a name: the digest of the schema 1 manifest that its manifest was converted from. */
export const schema1Annotation = 'io.windlass.schema1.digest'

/** Annotation on a name: the digest of the bytes of that schema 1 manifest as they were served, with signatures. */
export const signedAnnotation = 'io.windlass.schema1.signed'

/** A name, and the digest of the schema 1 manifest that it now refers to. */
export interface ConversionRequest {
  readonly name: string
  readonly digest: Digest
  readonly limits?: Limits | undefined
}

/**
 * Returns the conversion that the store has under the name. Returns undefined if the name refers to something else,
 * or if any part is missing or corrupt: the image is then converted again.
 */
export async function storedConversion(
  { name: reference, digest: schema1, limits = defaultLimits }: ConversionRequest,
  store: Pick<StoreContents, 'directory' | 'names' | 'blobs'>,
): Promise<Schema1Conversion | undefined> {
  const { descriptor } = (await store.names.get(reference)) ?? {}
  if (descriptor?.annotations?.[schema1Annotation] !== schema1) return undefined
  try {
    const { digest, mediaType } = descriptor
    const converted = parseManifest({
      bytes: await store.blobs.read(digest, limits.manifestBytes),
      contentType: mediaType,
      expected: { digest },
      host: store.directory,
      reference,
      limits,
    })
    if (converted.kind !== 'image') return undefined
    const bytes = await store.blobs.read(converted.manifest.config.digest, limits.configBytes)
    const config = parseImageConfig(bytes, { reference, maxBytes: limits.configBytes })
    return { document: converted, config: { bytes, config, diffIDs: config.rootfs.diff_ids } }
  } catch {
    return undefined
  }
}
