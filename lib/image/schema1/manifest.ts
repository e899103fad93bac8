/**
 * Schema 1 manifests, Docker's first, as they are written: told apart here, and held to their rules in `readSchema1`.
 */
import * as t from 'io-ts'
import type { Digest } from '../digest/digest.js'
import { DigestCodec } from '../digest/digest-codec.js'
import { listOf } from '../../codec/list-of.js'
import { filledIn, orElse, record } from '../../codec/record-codec.js'

export interface Schema1Manifest {
  readonly schemaVersion: 1
  readonly name?: string
  readonly tag?: string
  readonly architecture?: string
  /** Child first, unlike every later form. */
  readonly fsLayers: readonly { readonly blobSum: Digest }[]
  /** Child first: for each layer a v1 config as JSON in a string. */
  readonly history: readonly { readonly v1Compatibility: string }[]
}

const name = 'a schema 1 manifest'

/**
 * The payload of a schema 1 manifest, signed or not; unknown fields are kept (distribution manifest-v2-1). The version is
 * looked at first; lists that are not there count as empty, which `readSchema1` refuses in its order.
 */
export const Schema1ManifestCodec: t.Type<Schema1Manifest, unknown> = record(
  name,
  {
    schemaVersion: filledIn<1>(t.literal(1), 1, '1'),
    fsLayers: orElse(
      listOf(record('a schema 1 layer', { blobSum: DigestCodec }, {}), 'a list of layers'),
      [],
    ),
    history: orElse(
      listOf(record('a history entry', { v1Compatibility: t.string }, {}), 'a list of history entries'),
      [],
    ),
  },
  { name: t.string, tag: t.string, architecture: t.string },
)
