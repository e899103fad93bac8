/** Codec for Docker's schema 1 manifests (distribution manifest-v2-1). `readSchema1` validates their content. */
import * as t from 'io-ts'
import type { Digest } from '../digest/digest.js'
import { DigestCodec } from '../digest/digest-codec.js'
import { listOf } from '../../codec/list-of.js'
import { withNoticedDefault, withSilentDefault, record } from '../../codec/record-codec.js'

/** A schema 1 manifest as written. */
export interface Schema1Manifest {
  readonly schemaVersion: 1
  readonly name?: string
  readonly tag?: string
  readonly architecture?: string
  /** Layers, top layer first, in contrast to later formats. */
  readonly fsLayers: readonly { readonly blobSum: Digest }[]
  /** One v1 config per layer, as JSON in a string, top layer first. */
  readonly history: readonly { readonly v1Compatibility: string }[]
}

const name = 'a schema 1 manifest'

/**
 * Codec for the payload of a schema 1 manifest, signed or not. Unknown fields are kept. Missing lists decode to empty
 * ones, which `readSchema1` rejects in the order of its checks.
 */
export const Schema1ManifestCodec: t.Type<Schema1Manifest, unknown> = record(
  name,
  {
    schemaVersion: withNoticedDefault<1>(t.literal(1), 1, '1'),
    fsLayers: withSilentDefault(
      listOf(record('a schema 1 layer', { blobSum: DigestCodec }, {}), 'a list of layers'),
      [],
    ),
    history: withSilentDefault(
      listOf(record('a history entry', { v1Compatibility: t.string }, {}), 'a list of history entries'),
      [],
    ),
  },
  { name: t.string, tag: t.string, architecture: t.string },
)
