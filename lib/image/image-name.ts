/**
 * What users name an image by: a reference, or `oci:DIR[:[NAME]]` for one in an image layout on disk.
 */
import { WindlassError } from '../errors.js'
import { parseReference } from './parse-reference.js'
import { quoted } from './printable.js'
import type { Reference } from './reference.js'

export type ImageName =
  | { readonly kind: 'registry'; readonly reference: Reference }
  | {
      readonly kind: 'layout'
      /** The directory as typed. */
      readonly path: string
      /** The image's `org.opencontainers.image.ref.name`; undefined means the only image there. */
      readonly name?: string
    }

const prefix = 'oci:'

/** A path that Windows starts with a drive has a colon of its own. */
const layout = /^((?:[A-Za-z]:[\\/])?[^:]+)(?::(.*))?$/s

function parseLayout(text: string): ImageName {
  const [, path, name = ''] = layout.exec(text.slice(prefix.length)) ?? []
  const problem = path === undefined ? 'it names no directory' : 'it has a control character'
  // eslint-disable-next-line no-control-regex -- these are what is looked for
  if (path === undefined || /[\u0000-\u001f\u007f]/.test(text))
    throw new WindlassError(
      'REFERENCE_INVALID',
      `${quoted(text)} does not name an image in a layout: ${problem}`,
      {
        hint: 'An image in an image layout is named oci:DIR or oci:DIR:NAME.',
      },
    )
  return { kind: 'layout', path, ...(name === '' ? {} : { name }) }
}

/**
 * `oci:…` as a layout on disk (a repository called `oci` is written `library/oci`), anything else as a reference. Throws
 * `REFERENCE_INVALID`.
 */
export function parseImageName(text: string): ImageName {
  if (text.startsWith(prefix)) return parseLayout(text)
  return { kind: 'registry', reference: parseReference(text) }
}
