/**
 * Entries of an index. An entry that cannot be used does not make the index invalid: it is left out with a notice, and
 * is an error only if it is the requested one.
 */
import * as t from 'io-ts'
import { type Descriptor, DescriptorCodec, decisiveFields } from './descriptor.js'
import { type Digest, isDigest, isUnsupportedDigest } from '../digest/digest.js'
import { isObject } from '../../codec/json-object.js'
import { jsonProblems } from '../../codec/json-problems.js'
import { keyInOtherCase } from '../../codec/other-case.js'
import { type Platform, PlatformCodec } from '../platform/platform-codec.js'
import { printable, quoted } from '../../codec/printable.js'
import { noticeReceiverOf } from '../../codec/record-codec.js'

/** An entry that cannot be used, with the parts of it that are readable. */
export interface UnusableEntry {
  /** Position in the index, from 0. */
  readonly position: number
  /** The problem, with its path inside the index: `manifests[2].size: expected a size …, got -1`. */
  readonly problem: string
  /** Whether the entry is unusable because its digest has an unsupported algorithm. Otherwise it is invalid. */
  readonly hasUnsupportedDigest: boolean
  /** Platform of the entry, if readable. */
  readonly platform: Platform | undefined
  /** Digest of the entry, if valid. */
  readonly digest?: Digest
  /** Annotations as written; may have values of any type. */
  readonly annotations: Readonly<Record<string, unknown>>
}

/** The entries of an index, each list in the order of the index. */
export interface IndexEntries {
  readonly usable: readonly Descriptor[]
  readonly unusable: readonly UnusableEntry[]
}

/** Codec for the entries of an index. Fails only if the value is not an array. */
export const IndexEntriesCodec = new t.Type<IndexEntries, unknown, unknown>(
  'a list of manifests',
  (value): value is IndexEntries => isObject(value) && Array.isArray(value['usable']),
  (value, context) => {
    if (!Array.isArray(value)) return t.failure(value, context)
    const usable: Descriptor[] = []
    const unusable: UnusableEntry[] = []
    const items: readonly unknown[] = value
    items.forEach((item, index) => {
      const result = readEntry(item, t.appendContext(context, String(index), DescriptorCodec, item))
      if ('problem' in result) {
        unusable.push(result)
        noticeReceiverOf(context)?.(`${result.problem}; the entry is left out`)
      } else usable.push(result)
    })
    return t.success({ usable, unusable })
  },
  t.identity,
)

function readEntry(item: unknown, context: t.Context): Descriptor | UnusableEntry {
  const entry = isObject(item) ? item : {}
  const platform = isObject(entry['platform']) ? PlatformCodec.decode(entry['platform']) : undefined
  const about = {
    position: Number(context.at(-1)?.key),
    hasUnsupportedDigest: isUnsupportedDigest(entry['digest']),
    platform: platform?._tag === 'Right' ? platform.right : undefined,
    ...(isDigest(entry['digest']) && { digest: entry['digest'] }),
    annotations: isObject(entry['annotations']) ? entry['annotations'] : {},
  }
  const where = `manifests[${about.position}]`
  // Without this check, an entry with an invalid platform would be treated like an entry without one, whose platform is
  // read from its config.
  if (platform?._tag === 'Left')
    return { ...about, problem: `${where}.platform: ${printable(jsonProblems(platform.left))}` }
  const result = DescriptorCodec.validate(item, context)
  if (result._tag === 'Left') return { ...about, problem: jsonProblems(result.left) }
  const ambiguous = keyInOtherCase(result.right, decisiveFields)
  if (ambiguous !== undefined)
    return {
      ...about,
      problem: `${where}: the key ${quoted(ambiguous)} differs only in case from a known key`,
    }
  return result.right
}
