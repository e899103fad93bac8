/** Errors about archives of images. */
import { WindlassError } from '../../errors.js'
import { printable } from '../../codec/index.js'

/**
 * Returns a MANIFEST_INVALID error.
 * @param label the archive, for example its path
 * @param why a clause: `it lacks the layer "a/layer.tar"`
 */
export const invalidImageArchive = (label: string, why: string, cause?: unknown): WindlassError =>
  new WindlassError('MANIFEST_INVALID', `Failed to read images from ${printable(label)}: ${why}`, {
    ...(cause !== undefined && { cause }),
    hint: 'Make the archive again, with “docker save”, “podman save” or “skopeo copy”.',
  })

/** Start of the messages of the reader of archives and of decompression, which speak of a layer. */
const ofLayer = /^(?:Reading the archive of the layer failed|Decompressing the layer as \w+ failed): /

/** Converts an error of reading an archive, which speaks of a layer, to one that speaks of the archive of images. */
export function asImageArchiveError(error: unknown, label: string): unknown {
  if (!(error instanceof WindlassError)) return error
  const { code, message, hint } = error
  const why = message.replace(ofLayer, '').replace(/^The layer is compressed/, 'it is compressed')
  if (code === 'LAYER_INVALID') return invalidImageArchive(label, why, error)
  if (code !== 'LIMIT_EXCEEDED' || !ofLayer.test(message)) return error
  return new WindlassError(code, `Failed to read images from ${printable(label)}: ${why}`, {
    cause: error,
    ...(hint !== undefined && { hint }),
  })
}
