/**
 * What users name an image by: a reference, or `oci:DIR[:NAME]` or `oci:DIR:@N` for one in an image layout on disk.
 */
import { WindlassError } from '../../errors.js'
import { parseReference } from './parse-reference.js'
import { quoted } from '../../codec/printable.js'
import type { Reference } from './reference.js'

export type ImageName =
  | { readonly kind: 'registry'; readonly reference: Reference }
  | {
      readonly kind: 'layout'
      /** The directory as typed. */
      readonly path: string
      /** The image's `org.opencontainers.image.ref.name`. Without name and position: the only image there. */
      readonly name?: string
      /** Of its entry in `index.json`, from 0, as skopeo has it since 1.14. */
      readonly position?: number
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
        hint: 'An image in an image layout is named oci:DIR, oci:DIR:NAME, or oci:DIR:@N by its position from 0.',
      },
    )
  // A name starts with a letter or a digit (image-spec, annotations.md), so that `@` is free to mean this.
  const position = /^@\d{1,9}$/.test(name) ? Number(name.slice(1)) : undefined
  if (position !== undefined) return { kind: 'layout', path, position }
  return { kind: 'layout', path, ...(name !== '' && { name }) }
}

/**
 * `oci:…` as a layout on disk (a repository called `oci` is written `library/oci`), anything else as a reference. Throws
 * `REFERENCE_INVALID`.
 */
export function parseImageName(text: string): ImageName {
  if (text.startsWith(prefix)) return parseLayout(text)
  return { kind: 'registry', reference: parseReference(text) }
}
