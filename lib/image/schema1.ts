/**
 * Schema 1 manifests, Docker's first, as they are written: told apart here, and held to their rules in `readSchema1`.
 */
import * as t from 'io-ts'
import type { Digest } from './digest.js'
import { DigestCodec } from './digest-codec.js'
import { listOf } from './list-of.js'
import { orNull } from './or-null.js'

export interface Schema1Manifest {
  readonly schemaVersion: 1
  readonly name?: string
  readonly tag?: string
  readonly architecture?: string
  /** Child first, unlike every later form (S3-06). */
  readonly fsLayers: readonly { readonly blobSum: Digest }[]
  /** Child first: for each layer a v1 config as JSON in a string. */
  readonly history?: readonly { readonly v1Compatibility: string }[] | null
}

const name = 'a schema 1 manifest'

/**
 * The payload of a schema 1 manifest, signed or not; unknown fields are kept (distribution manifest-v2-1). The version is
 * looked at first (S4-08); lists that are not there count as empty, which `readSchema1` refuses in its order.
 */
export const Schema1ManifestCodec: t.Type<Schema1Manifest, unknown> = t.intersection(
  [
    t.type(
      {
        schemaVersion: t.literal(1),
        fsLayers: listOf(t.type({ blobSum: DigestCodec }, 'a schema 1 layer'), 'a list of layers'),
      },
      name,
    ),
    t.partial(
      {
        name: t.string,
        tag: t.string,
        architecture: t.string,
        history: orNull(
          listOf(t.type({ v1Compatibility: t.string }, 'a history entry'), 'a list of history entries'),
        ),
      },
      name,
    ),
  ],
  name,
)
