/** Parses the name of the target of a copy. */
import { WindlassError } from '../../lib/errors.js'
import { checkPullable, parseImageName, withDefaultTag } from '../../lib/image/index.js'
import { printable } from '../../lib/codec/index.js'
import type { ImageRegistries } from '../../lib/registry/index.js'
import { LayoutSink } from '../../lib/sinks/index.js'
import type { CopyTarget } from '../../lib/transfer/index.js'
import { checkArgument } from '../options/check-options.js'
import { anyText } from '../options/option-codecs.js'

/**
 * Returns the target that the user named: a registry reference or `oci:DIR[:NAME]`.
 * @throws WindlassError USAGE for a value that is not a string, or for `oci:DIR:@N`; REFERENCE_INVALID
 */
export function copyTarget(typed: string, registries: ImageRegistries): CopyTarget {
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
  // What cannot be pulled, such as an image of Docker's reserved name `scratch`, cannot be a target either.
  checkPullable(named.reference)
  const reference = withDefaultTag(named.reference)
  return {
    name: reference.toString(),
    sink: registries.target(reference),
    tag: reference.tag,
    digest: reference.digest,
  }
}
