/** Parses the name of the target of a copy. */
import { checkPullable, parseImageName, withDefaultTag } from '../../lib/image/index.js'
import type { ImageRegistries } from '../../lib/registry/index.js'
import type { CopyTarget } from '../../lib/transfer/index.js'
import { checkArgument } from '../options/check-options.js'
import { anyText } from '../options/option-codecs.js'
import { localSink } from './local-sink.js'

/**
 * Returns the target that the user named: a reference, or a place on this machine.
 * @throws WindlassError USAGE for a value that is not a string, or as `localSink`; REFERENCE_INVALID
 */
export function copyTarget(typed: string, registries: ImageRegistries): CopyTarget {
  checkArgument('copy', 'to', anyText, typed)
  const named = parseImageName(typed)
  if (named.kind !== 'registry') return { name: typed, sink: localSink(named, typed), tag: named.name }
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
