/**
 * The platform of an image as documents write it.
 */
import type * as t from 'io-ts'
import { string } from 'io-ts'
import { listOf } from '../../codec/list-of.js'
import { record } from '../../codec/record-codec.js'

export interface Platform {
  readonly os: string
  readonly architecture: string
  readonly variant?: string
  readonly 'os.version'?: string
  readonly 'os.features'?: readonly string[]
}

/** A platform in a document (image-spec image-index.md). */
export const PlatformCodec: t.Type<Platform, unknown> = record(
  'a platform',
  { os: string, architecture: string },
  { variant: string, 'os.version': string, 'os.features': listOf(string, 'a list of features') },
)
