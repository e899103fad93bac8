/**
 * The platform of an image as documents write it.
 */
import * as t from 'io-ts'
import { listOf } from './list-of.js'

export interface Platform {
  readonly os: string
  readonly architecture: string
  readonly variant?: string
  readonly 'os.version'?: string
  readonly 'os.features'?: readonly string[]
}

const name = 'a platform'

/** A platform in a document (image-spec image-index.md). */
export const PlatformCodec: t.Type<Platform, unknown> = t.intersection(
  [
    t.type({ os: t.string, architecture: t.string }, name),
    t.partial(
      { variant: t.string, 'os.version': t.string, 'os.features': listOf(t.string, 'a list of features') },
      name,
    ),
  ],
  name,
)
