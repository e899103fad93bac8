/** Parses image names: references, and `oci:DIR[:NAME]` or `oci:DIR:@N` for an image in an image layout. */
import { WindlassError } from '../../errors.js'
import { parseReference } from './parse-reference.js'
import { quoted } from '../../codec/printable.js'
import type { Reference } from './reference.js'

/**
 * Name of an image in a registry or in an image layout. Without `name` and `position`: the only image of the layout.
 */
export type ImageName =
  | { readonly kind: 'registry'; readonly reference: Reference }
  | {
      readonly kind: 'layout'
      /** The directory as entered. */
      readonly path: string
      /** The `org.opencontainers.image.ref.name` of the image. */
      readonly name?: string
      /** Position of the entry in `index.json`, from 0. skopeo has this syntax since 1.14. */
      readonly position?: number
    }

const layoutPrefix = 'oci:'

/** A Windows path may start with a drive, which contains a colon. */
const layoutPattern = /^((?:[A-Za-z]:[\\/])?[^:]+)(?::(.*))?$/s

function parseLayout(text: string): ImageName {
  const [, path, name = ''] = layoutPattern.exec(text.slice(layoutPrefix.length)) ?? []
  const problem = path === undefined ? 'it has no directory' : 'it contains a control character'
  // eslint-disable-next-line no-control-regex -- the expression detects control characters
  if (path === undefined || /[\u0000-\u001f\u007f]/.test(text))
    throw new WindlassError(
      'REFERENCE_INVALID',
      `${quoted(text)} does not name an image in a layout: ${problem}`,
      {
        hint: 'An image in an image layout is named oci:DIR, oci:DIR:NAME, or oci:DIR:@N by its position from 0.',
      },
    )
  // A name starts with a letter or a digit (image-spec annotations.md), so `@` cannot start one.
  const position = /^@\d{1,9}$/.test(name) ? Number(name.slice(1)) : undefined
  if (position !== undefined) return { kind: 'layout', path, position }
  return { kind: 'layout', path, ...(name !== '' && { name }) }
}

/**
 * Parses an image name. `oci:…` is an image layout; the repository `oci` has to be written as `library/oci`. Everything
 * else is a reference.
 * @throws REFERENCE_INVALID if `text` is not an image name
 */
export function parseImageName(text: string): ImageName {
  if (text.startsWith(layoutPrefix)) return parseLayout(text)
  return { kind: 'registry', reference: parseReference(text) }
}
