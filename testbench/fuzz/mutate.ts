/** Mutates valid inputs into nearly valid ones. */
import { withChecksum, octal } from '../archives/archive.js'
import type { Random } from './random.js'

/** Texts that often break parsers of any format. */
const anyTokens = [
  '\0',
  '\n',
  '\r\n',
  '-1',
  '0',
  '18446744073709551616',
  '1e309',
  '../',
  '/',
  '%2e%2e',
  '\xff',
  '"',
  '\\',
  '[',
  '{',
  '}',
  ' ',
  ',',
  '=',
  ';',
  '😀',
].map((text) => Buffer.from(text))

/** Applies one to six changes: flips bits and bytes, inserts `tokens`, and removes, repeats, moves or splices parts. */
export function mutate(random: Random, seeds: readonly Buffer[], tokens: readonly string[] = []): Buffer {
  const words = [...anyTokens, ...tokens.map((text) => Buffer.from(text))]
  let bytes: Buffer = Buffer.from(random.pick(seeds))
  for (let changes = 1 + random.below(6); changes > 0; changes--) bytes = change(random, bytes, seeds, words)
  return bytes
}

function change(random: Random, bytes: Buffer, seeds: readonly Buffer[], words: readonly Buffer[]): Buffer {
  const at = random.below(bytes.length + 1)
  const length = Math.min(bytes.length - at, random.chance(0.7) ? random.below(16) : random.below(600))
  const [before, part, after] = [
    bytes.subarray(0, at),
    bytes.subarray(at, at + length),
    bytes.subarray(at + length),
  ]
  switch (random.below(9)) {
    case 0:
      if (at < bytes.length) bytes[at]! ^= 1 << random.below(8)
      return bytes
    case 1:
      if (at < bytes.length) bytes[at] = random.pick([0, 1, 0x20, 0x7f, 0x80, 0xff, random.below(256)])
      return bytes
    case 2:
      return Buffer.concat([before, random.pick(words), bytes.subarray(at)])
    case 3:
      return Buffer.concat([before, random.pick(words), after])
    case 4:
      return Buffer.concat([before, after])
    case 5:
      return Buffer.concat([before, ...Array.from({ length: 2 + random.below(6) }, () => part), after])
    case 6:
      return Buffer.concat([before, random.bytes(random.below(40)), bytes.subarray(at)])
    case 7:
      return Buffer.from(before)
    default: {
      const other = random.pick(seeds)
      return Buffer.concat([before, other.subarray(random.below(other.length + 1))])
    }
  }
}

const values: readonly unknown[] = [
  ...[null, true, 0, -1, 1.5, 2 ** 53, '', 'x', 'sha256:', [], {}, { __proto__: null, a: 1 }, [[]]],
  ...[`sha256:${'A'.repeat(64)}`, `sha512:${'a'.repeat(128)}`, '../../x', 'https://user:pass@host/x', '\0'],
]

/** Returns valid JSON in which one to three values are replaced, removed or duplicated. */
export function mutateJson(random: Random, seeds: readonly Buffer[]): Buffer {
  const value: unknown = JSON.parse(random.pick(seeds).toString())
  for (let changes = 1 + random.below(3); changes > 0; changes--) changeJson(random, value)
  return Buffer.from(JSON.stringify(value))
}

function changeJson(random: Random, value: unknown): void {
  if (typeof value !== 'object' || value === null) return
  const keys = Object.keys(value)
  if (keys.length === 0) return
  const key = random.pick(keys)
  const inside: unknown = Reflect.get(value, key)
  if (typeof inside === 'object' && inside !== null && random.chance(0.7)) {
    changeJson(random, inside)
    return
  }
  switch (random.below(6)) {
    case 0:
      Reflect.deleteProperty(value, key)
      return
    case 1:
      Reflect.set(value, random.chance(0.5) ? key.toUpperCase() : `${key}x`, inside)
      return
    case 2:
      Reflect.set(value, key, structuredClone(Reflect.get(value, random.pick(keys))))
      return
    default:
      // The value is copied, because later changes may modify it.
      Reflect.set(value, key, structuredClone(random.pick(values)))
  }
}

/** Offset and length of the fields of a tar header. */
const fields = [
  [0, 100],
  [100, 8],
  [108, 8],
  [116, 8],
  [124, 12],
  [136, 12],
  [156, 1],
  [157, 100],
  [257, 8],
  [329, 8],
  [337, 8],
  [345, 155],
  [386, 24],
  [482, 1],
  [483, 12],
] as const
/** Names and link targets that may escape the root or remove other entries. */
const names = [
  '.',
  '..',
  '../root-outside',
  '/',
  'l',
  'd',
  'a',
  'd/a',
  'l/secret',
  '.wh.a',
  '.wh..wh..opq',
  '.wh.',
  '.wh...',
  'd/.wh.a',
  '../../etc/x',
  '/proc/self/root/x',
]

/**
 * Removes, repeats and inserts blocks of an archive and changes headers. Most checksums are corrected, because
 * otherwise a reader would reject every changed header for its checksum.
 */
export function mutateTar(random: Random, seeds: readonly Buffer[]): Buffer {
  let archive: Buffer = Buffer.from(random.pick(seeds))
  if (random.chance(0.4))
    archive = Buffer.concat([
      archive.subarray(0, 512 * random.below(archive.length / 512)),
      random.pick(seeds),
    ])
  for (let changes = 1 + random.below(5); changes > 0; changes--) archive = changeTar(random, archive, seeds)
  return archive
}

function changeTar(random: Random, archive: Buffer, seeds: readonly Buffer[]): Buffer {
  const count = Math.floor(archive.length / 512)
  if (count === 0 || random.chance(0.1)) return mutate(random, [archive, random.pick(seeds)])
  const at = 512 * random.below(count)
  const block = archive.subarray(at, at + 512)
  switch (random.below(5)) {
    case 0:
      return Buffer.concat([archive.subarray(0, at), archive.subarray(at + 512)])
    case 1:
      return Buffer.concat([archive.subarray(0, at), block, archive.subarray(at)])
    case 2: {
      const other = random.pick(seeds)
      return Buffer.concat([
        archive.subarray(0, at),
        other.subarray(0, 512 * random.below(1 + other.length / 512)),
        archive.subarray(at),
      ])
    }
    default: {
      const [start, length] = random.pick(fields)
      const value = fieldOf(random, length)
      block.fill(0, start, start + length)
      value.copy(block, start, 0, length)
      if (random.chance(0.95)) withChecksum(block)
      return archive
    }
  }
}

/** Returns a random value for a header field: a type flag, a name or a number, depending on its length. */
function fieldOf(random: Random, length: number): Buffer {
  if (length === 1)
    return Buffer.from(
      random.pick(['0', '1', '2', '3', '4', '5', '6', '7', 'x', 'g', 'L', 'K', 'S', '\0', 'Z']),
    )
  if (length >= 100)
    return Buffer.from(
      random.chance(0.8) ? random.pick(names) : random.bytes(random.below(length)).toString('latin1'),
      'latin1',
    )
  if (random.chance(0.3)) return random.bytes(length)
  if (random.chance(0.2))
    return Buffer.concat([Buffer.from([random.pick([0x80, 0xff])]), random.bytes(length - 1)])
  return octal(random.pick([0, 1, 5, 511, 512, 513, 0o644, 0o7777, random.below(100_000)]), length)
}
