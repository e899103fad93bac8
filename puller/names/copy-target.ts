/** Finds the target of a copy from the text that the user typed. */
import { WindlassError } from '../../lib/errors.js'
import { checkPullable, parseImageName, withDefaultTag } from '../../lib/image/index.js'
import { printable } from '../../lib/codec/index.js'
import type { Registries } from '../../lib/registry/index.js'
import { LayoutSink } from '../../lib/sinks/index.js'
import type { CopyTarget } from '../../lib/transfer/index.js'
import { checkArgument } from '../options/check-options.js'
import { anyText } from '../options/option-codecs.js'

/** @throws WindlassError USAGE for a name that is not text, or that is the position of an image; REFERENCE_INVALID */
export function copyTarget(typed: string, registries: Registries): CopyTarget {
  checkArgument('copy', 'to', anyText, typed)
  const named = parseImageName(typed)
  if (named.kind === 'layout') {
    if (named.position !== undefined)
      throw new WindlassError(
        'USAGE',
        `Cannot copy to ${printable(typed)}: a target has a name, not a position`,
        {
          reference: typed,
          hint: 'Name the image in the layout, as in oci:DIR:NAME.',
        },
      )
    return { name: typed, sink: new LayoutSink(named.path), tag: named.name }
  }
  checkPullable(named.reference)
  const reference = withDefaultTag(named.reference)
  return {
    name: reference.toString(),
    sink: registries.target(reference),
    tag: reference.tag,
    digest: reference.digest,
  }
}
