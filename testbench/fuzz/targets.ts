/** Defines the targets of the fuzzer: how inputs are made, and which properties must hold for each. */
import { createHash } from 'node:crypto'
import { Readable, Writable } from 'node:stream'
import { gunzipSync, gzipSync } from 'node:zlib'
import { TarReader, entriesOfToc } from '../../lib/archive/index.js'
import { TocCodec } from '../../lib/archive/toc/toc-codec.js'
import { decompressor, pump } from '../../lib/bytes/index.js'
import { readJson } from '../../lib/codec/json.js'
import { parseManifest } from '../../lib/image/manifest/parse-manifest.js'
import { isDigest } from '../../lib/image/digest/digest.js'
import { parseImageIndex } from '../../lib/image/documents/image-index.js'
import { parseImageName } from '../../lib/image/reference/image-name.js'
import { parseImageConfig } from '../../lib/image/documents/parse-config.js'
import { parseReference } from '../../lib/image/reference/parse-reference.js'
import { parseChallenges } from '../../lib/registry/headers/challenge.js'
import { parseContentRange } from '../../lib/registry/headers/content-range.js'
import { parseDockerConfig } from '../../lib/registry/credentials/docker-config.js'
import { nextLink } from '../../lib/registry/headers/link.js'
import { parseProblem } from '../../lib/registry/http/problem.js'
import { parseRetryAfter } from '../../lib/registry/headers/retry-after.js'
import { parseToken } from '../../lib/registry/auth/token.js'
import { defaultLimits } from '../../lib/limits.js'
import { mutate, mutateJson, mutateTar } from './mutate.js'
import type { Random } from './random.js'
import * as seeds from './seeds.js'

/** A function to test with random inputs. */
export interface Target {
  /** Returns the next input. */
  make(random: Random): Buffer
  /** Throws a WindlassError if the input is refused, or another error if a property is violated. */
  run(input: Buffer, random: Random): void | Promise<void>
}

function assertProperty(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Error(`Violated: ${what}`)
}

const words = [
  'mediaType',
  'sha256:',
  '"size":',
  '"__proto__":',
  'null',
  '1.5',
  '[]',
  '{}',
  '\\u0000',
  '"urls":["',
]

/** Returns a target whose inputs are mutated JSON documents. */
const jsonTarget = (all: readonly Buffer[], run: (bytes: Buffer) => void): Target => ({
  make: (random) => (random.chance(0.6) ? mutateJson(random, all) : mutate(random, all, words)),
  run,
})

/** Returns a target whose inputs are mutated texts. The first bit chooses their encoding. */
const textTarget = (all: readonly Buffer[], run: (text: string) => void): Target => ({
  make: (random) => mutate(random, all),
  run: (input) => run(input.toString(firstBit(input) ? 'latin1' : 'utf8')),
})
const firstBit = (input: Buffer): boolean => (input[0] ?? 0) % 2 === 0

const parsers: Readonly<Record<string, Target>> = {
  manifest: jsonTarget(seeds.manifests, (bytes) => {
    const decided = parseManifest({ bytes, host: 'registry.example', reference: 'x' })
    const descriptors =
      decided.kind === 'image'
        ? [decided.manifest.config, ...decided.manifest.layers]
        : decided.kind === 'index'
          ? decided.index.manifests
          : []
    for (const { digest, size } of descriptors)
      assertProperty(
        isDigest(digest) && Number.isSafeInteger(size) && size >= 0,
        'descriptors have a digest and a size',
      )
  }),
  config: jsonTarget(seeds.configs, (bytes) => {
    assertProperty(parseImageConfig(bytes).rootfs.diff_ids.every(isDigest), 'diffIDs are digests')
  }),
  index: jsonTarget(seeds.manifests, (bytes) => {
    assertProperty(
      parseImageIndex(bytes).manifests.every(({ digest }) => isDigest(digest)),
      'an index lists digests',
    )
  }),
  toc: jsonTarget(seeds.tocs, (bytes) => {
    const { entries } = readJson(bytes, TocCodec, { code: 'LAYER_INVALID', what: 'the table' })
    const dataEnd = 10_000
    for (const { entry, content } of entriesOfToc({ entries, dataEnd, compression: 'gzip' }, defaultLimits)) {
      assertProperty(
        !entry.path.split('/').includes('..') && entry.path !== '',
        'a name does not leave the root',
      )
      assertProperty((entry.type === 'file') === (content !== undefined), 'files have content')
      if (content === undefined) continue
      const { offset, end, chunks } = content
      assertProperty(
        chunks.reduce((sum, { size }) => sum + size, 0) === entry.size,
        'chunks make up their file',
      )
      assertProperty(
        chunks.length === 0 || (offset >= 0 && offset < end && end <= dataEnd),
        'content is in the layer',
      )
      assertProperty(
        chunks.every(({ digest, size }) => isDigest(digest) && size > 0),
        'a chunk can be verified',
      )
    }
  }),
  reference: textTarget(seeds.references, (text) => {
    const reference = parseReference(text)
    const normalised = reference.toString()
    assertProperty(
      parseReference(normalised).toString() === normalised,
      'normalising a reference twice changes nothing',
    )
    // A tag may be `1..2`, but `..` as a component of a path would lead to the parent.
    assertProperty(
      !/(^|[/:@])\.\.?([/:@]|$)|[\s\\?#]/.test(normalised),
      'a reference has no other path components, query or fragment',
    )
  }),
  'image name': textTarget(seeds.references, (text) => void parseImageName(text)),
  challenge: textTarget(seeds.challenges, (text) => {
    for (const { scheme } of parseChallenges([text, text]))
      assertProperty(scheme === scheme.toLowerCase(), 'schemes are in lower case')
  }),
  link: textTarget(seeds.links, (text) => {
    assertProperty(!(nextLink(text)?.includes('>') ?? false), 'a link does not contain its closing bracket')
  }),
  header: textTarget(seeds.headers, (text) => {
    const wait = parseRetryAfter(text)
    assertProperty(wait === undefined || (wait >= 0 && Number.isFinite(wait)), 'a wait is a finite number')
    const range = parseContentRange(text)
    assertProperty((range?.first ?? 0) <= (range?.last ?? Infinity), 'a range does not end before it begins')
  }),
  body: {
    make: (random) => mutate(random, seeds.bodies, words),
    run: (input) => {
      const token = parseToken(input, 0)
      assertProperty(token === undefined || typeof token === 'object', 'a token is an object')
      parseProblem(input)
      parseDockerConfig(input.toString('utf8'), 'config.json')
    },
  },
}

/** Reads an archive in chunks and returns a hash of its entries and data. */
function hashOfEntries(archive: Buffer, nextChunkLength: () => number): string {
  const hash = createHash('sha1')
  let left: number | undefined
  const reader = new TarReader({
    entry: ({ path, type, size, sparse, uid, mtime, linkTarget }) => {
      assertProperty(
        left === undefined && !path.includes('\0') && uid >= 0 && uid < 2 ** 32,
        'an entry begins after the end of the previous one, with a valid path and owner',
      )
      left = sparse ? Infinity : size
      hash.update(JSON.stringify([path, type, size, uid, String(mtime), linkTarget]))
    },
    data: (chunk, offset) => {
      assertProperty(
        left !== undefined && chunk.length > 0 && chunk.length <= left && offset >= 0,
        'data belongs to an entry and does not exceed its size',
      )
      left -= chunk.length
      hash.update(chunk)
    },
    end: () => {
      assertProperty(left === 0 || left === Infinity, 'an entry ends after all its data')
      left = undefined
    },
  })
  for (let at = 0; at < archive.length;) {
    const length = nextChunkLength()
    reader.write(Buffer.from(archive.subarray(at, at + length)))
    at += length
  }
  reader.finish()
  return hash.digest('hex')
}

/** Returns the result of `work`, or the message of its error. */
const resultOrMessage = (work: () => string): string => {
  try {
    return work()
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

const tar: Target = {
  make: (random) => mutateTar(random, seeds.tars),
  run: (input, random) => {
    const whole = resultOrMessage(() => hashOfEntries(input, () => input.length))
    const inChunks = resultOrMessage(() => hashOfEntries(input, () => 1 + random.below(700)))
    // The position of an error depends on the chunks.
    const withoutPosition = (text: string): string => text.replace(/after \d+ bytes/, '')
    assertProperty(
      withoutPosition(whole) === withoutPosition(inChunks),
      'the result does not depend on the chunks of the archive',
    )
    hashOfEntries(input, () => input.length)
  },
}

async function decompress(name: 'gzip' | 'zstd', input: Buffer, size: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  let bytes = 0
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      bytes += chunk.length
      if (bytes < 1 << 24) chunks.push(chunk)
      done()
    },
  })
  const pieces = function* (): Generator<Buffer> {
    for (let at = 0; at < input.length; at += size) yield input.subarray(at, at + size)
  }
  await pump([Readable.from(pieces(), { objectMode: false }), decompressor(name), sink])
  return Buffer.concat(chunks)
}

/** Returns a mutated archive as valid gzip members of random lengths, sometimes followed by other bytes. */
function gzipMembers(random: Random): Buffer {
  const archive = mutateTar(random, seeds.tars)
  const parts: Buffer[] = []
  for (let at = 0; at < archive.length || parts.length === 0;) {
    const length = random.below(4_000)
    parts.push(gzipSync(archive.subarray(at, at + length), { level: random.below(10) }))
    at += length
  }
  const tail = random.pick([[], [], [Buffer.alloc(random.below(600))], [random.bytes(random.below(9))]])
  return Buffer.concat([...parts, ...tail])
}

const streams: Readonly<Record<string, Target>> = {
  gzip: {
    make: (random) => (random.chance(0.4) ? gzipMembers(random) : mutate(random, seeds.gzips)),
    run: async (input, random) => {
      const ours = await decompress('gzip', input, 1 + random.below(300))
      if (input.length > 0)
        assertProperty(gunzipSync(input).equals(ours), 'accepted input decompresses to the result of zlib')
    },
  },
  zstd: {
    // Some inputs are unchanged, because a strict decoder accepts almost nothing that was changed.
    make: (random) => (random.chance(0.2) ? random.pick(seeds.zstds) : mutate(random, seeds.zstds)),
    run: async (input, random) => {
      const ours = await decompress('zstd', input, 1 + random.below(300))
      assertProperty(
        ours.equals(await decompress('zstd', input, input.length + 1)),
        'the result does not depend on the chunks of the stream',
      )
    },
  },
}

export const targets: Readonly<Record<string, Target>> = { ...parsers, tar, ...streams }
