/** The platform of an image, and its codec. */
import type * as t from 'io-ts'
import { string } from 'io-ts'
import { listOf } from '../../codec/list-of.js'
import { record } from '../../codec/record-codec.js'

/** Platform of an image (image-spec image-index.md). */
export interface Platform {
  readonly os: string
  readonly architecture: string
  readonly variant?: string
  readonly 'os.version'?: string
  readonly 'os.features'?: readonly string[]
}

/** Codec for a platform in a document. */
export const PlatformCodec: t.Type<Platform, unknown> = record(
  'a platform',
  { os: string, architecture: string },
  { variant: string, 'os.version': string, 'os.features': listOf(string, 'a list of features') },
)
