/**
 * The entries of an index. One that cannot be used never spoils the index: it is left out of the choice with a notice, and
 * is an error only where it is the one that was asked for.
 */
import * as t from 'io-ts'
import { type Descriptor, DescriptorCodec, decisiveFields } from './descriptor.js'
import { type Digest, isDigest, isForeignDigest } from '../digest/digest.js'
import { jsonProblems } from '../../codec/json-problems.js'
import { otherCase } from '../../codec/other-case.js'
import { type Platform, PlatformCodec } from '../platform/platform-codec.js'
import { printable, quoted } from '../../codec/printable.js'
import { noticesOf } from '../../codec/record-codec.js'

/** An entry that cannot be used, and as much as can be read of it. */
export interface UnusableEntry {
  /** Where it stands in the index, from 0. */
  readonly position: number
  /** Why, with the path inside the index: `manifests[2].size: expected a size …, got -1`. */
  readonly problem: string
  /** Whether its digest is by an algorithm that is not supported; else the entry itself is wrong. */
  readonly foreign: boolean
  readonly platform: Platform | undefined
  /** Where it is one that could be fetched. */
  readonly digest?: Digest
  readonly annotations: Readonly<Record<string, unknown>>
}

export interface IndexEntries {
  readonly usable: readonly Descriptor[]
  readonly unusable: readonly UnusableEntry[]
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Decodes to the entries, in the order of the index. Only what is no list at all is refused. */
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
        noticesOf(context)?.(`${result.problem}; the entry is left out`)
      } else usable.push(result)
    })
    return t.success({ usable, unusable })
  },
  t.identity,
)

function readEntry(item: unknown, context: t.Context): Descriptor | UnusableEntry {
  const entry = isObject(item) ? item : {}
  const named = isObject(entry['platform']) ? PlatformCodec.decode(entry['platform']) : undefined
  const about = {
    position: Number(context.at(-1)?.key),
    foreign: isForeignDigest(entry['digest']),
    platform: named?._tag === 'Right' ? named.right : undefined,
    ...(isDigest(entry['digest']) && { digest: entry['digest'] }),
    annotations: isObject(entry['annotations']) ? entry['annotations'] : {},
  }
  const where = `manifests[${about.position}]`
  // It names a platform, and it cannot be told which: its config must not be asked instead.
  if (named?._tag === 'Left')
    return { ...about, problem: `${where}.platform: ${printable(jsonProblems(named.left))}` }
  const result = DescriptorCodec.validate(item, context)
  if (result._tag === 'Left') return { ...about, problem: jsonProblems(result.left) }
  const doubtful = otherCase(result.right, decisiveFields)
  if (doubtful !== undefined)
    return { ...about, problem: `${where}: the key ${quoted(doubtful)} is a known one in other case` }
  return result.right
}
