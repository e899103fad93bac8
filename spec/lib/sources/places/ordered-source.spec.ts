import { Readable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { WindlassError, type ErrorCode } from '../../../../lib/errors.js'
import {
  type Descriptor,
  type FetchedManifest,
  type ImageSource,
  digestOf,
  mediaTypes,
} from '../../../../lib/image/index.js'
import {
  OrderedSource,
  PlaceHealth,
  type PlaceOrder,
  type SourcePlace,
} from '../../../../lib/sources/index.js'
import { failure } from '../../../support/failure.js'
import { bytesOf } from '../../../support/with-registry.js'
import { blobOf } from '../../../support/with-target.js'

const bytes = Buffer.from('the bytes of a blob')
const blob = blobOf(bytes)
const manifest = Buffer.from(
  JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.ociManifest, config: blob, layers: [blob] }),
)
const digest = digestOf(manifest)

/** A source that does everything, or fails with one error; it records what it was asked for. */
class TestSource implements ImageSource {
  readonly asked: string[] = []
  readonly repository = 'team/app'

  constructor(
    readonly host: string,
    public error?: WindlassError,
  ) {}

  identity = () => Promise.resolve(`id of ${this.host}`)
  manifest = (reference: string): Promise<FetchedManifest> =>
    this.#answer(`manifest ${reference}`, {
      ...{ bytes: manifest, contentType: mediaTypes.ociManifest, host: this.host },
    })
  head = (reference: string) =>
    this.#answer(`head ${reference}`, { digest, contentType: undefined, size: 1, host: this.host })
  blob = () =>
    this.#answer('blob', {
      ...{
        stream: Readable.from([bytes]),
        offset: 0,
        size: bytes.length,
        validator: undefined,
        host: this.host,
      },
    })
  foreignBlob = (url: string) => {
    this.asked.push(url)
    return this.blob()
  }
  blobSize = () => this.#answer('size', bytes.length)
  async *tags(): AsyncGenerator<readonly string[]> {
    yield await this.#answer('tags', [`tag of ${this.host}`])
  }
  async *referrers(): AsyncGenerator<readonly Descriptor[]> {
    yield await this.#answer('referrers', [blob])
  }

  #answer<T>(what: string, answer: T): Promise<T> {
    this.asked.push(what)
    return this.error ? Promise.reject(this.error) : Promise.resolve(answer)
  }
}

const failing = (code: ErrorCode): WindlassError => new WindlassError(code, `it failed with ${code}`)

/** Two mirrors and a registry as one source. */
function setting({
  settings = [],
  health,
}: { settings?: readonly Partial<SourcePlace>[]; health?: PlaceHealth } = {}) {
  const sources = [new TestSource('a'), new TestSource('b'), new TestSource('registry')] as const
  const warnings: string[] = []
  const places = sources.map((source, at): SourcePlace => ({ source, isMirror: at < 2, ...settings[at] }))
  const usedHealth = health ?? new PlaceHealth()
  let loads = 0
  const load = (): Promise<readonly SourcePlace[]> => {
    loads++
    return loads === 1 && settings.length > 3
      ? Promise.reject(new Error('unreadable'))
      : Promise.resolve(places)
  }
  const source = new OrderedSource({
    ...{ host: 'registry', repository: 'team/app', places: load, health: usedHealth },
  })
  const onWarning = (code: string, message: string): void => void warnings.push(`${code}: ${message}`)
  const asked = (): (readonly string[])[] => sources.map((each) => each.asked.splice(0))
  return { source, sources, places, health: usedHealth, warnings, onWarning, asked, loads: () => loads }
}

const pagesOf = async <T>(pages: AsyncIterable<readonly T[]>): Promise<T[]> => {
  const all: T[] = []
  for await (const page of pages) all.push(...page)
  return all
}

describe('an ordered source', () => {
  it('asks the first place, and loads the places once', async () => {
    const { source, asked, loads } = setting()
    expect((await source.manifest('1')).host).toBe('a')
    expect((await source.head('1')).host).toBe('a')
    expect(await source.blobSize(blob.digest)).toBe(bytes.length)
    expect((await source.blob(blob)).host).toBe('a')
    expect(await source.identity()).toBe('id of a id of b id of registry')
    expect(asked()).toEqual([['manifest 1', 'head 1', 'size', 'blob'], [], []])
    expect(loads()).toBe(1)
  })

  it('loads the places again after a failure', async () => {
    const { source } = setting({ settings: [{}, {}, {}, {}] })
    await expect(source.manifest('1')).rejects.toThrow('unreadable')
    expect((await source.manifest('1')).host).toBe('a')
  })

  it('moves on from a mirror that fails, with a warning unless it only does not have the manifest', async () => {
    const { source, sources, asked, warnings, onWarning } = setting()
    sources[0].error = failing('MANIFEST_UNKNOWN')
    sources[1].error = failing('NETWORK')
    expect((await source.manifest('1', { onWarning })).host).toBe('registry')
    expect(asked()).toEqual([['manifest 1'], ['manifest 1'], ['manifest 1']])
    expect(warnings).toEqual(['mirror-failed: it failed with NETWORK'])
    // The mirror that failed is left out for a while, in the list of places of blobs too.
    expect((await source.blobOrigins()).map(({ host, isMirror }) => [host, isMirror])).toEqual([
      ['a', true],
      ['registry', false],
    ])
  })

  it.each(['CANCELLED', 'USAGE', 'STORE_FULL', 'INTERNAL'] as const)(
    'does not move on after %s',
    async (code) => {
      const { source, sources, asked } = setting()
      sources[0].error = failing(code)
      expect(await failure(source.manifest('1'))).toBe(sources[0].error)
      expect(asked()).toEqual([['manifest 1'], [], []])
    },
  )

  it('does not move on if the caller cancelled', async () => {
    const { source, sources, asked } = setting()
    sources[0].error = failing('NETWORK')
    await failure(source.manifest('1', { signal: AbortSignal.abort() }))
    expect(asked()).toEqual([['manifest 1'], [], []])
  })

  it('throws the error of the registry', async () => {
    const { source, sources } = setting()
    for (const each of sources) each.error = new WindlassError('DENIED', `${each.host} denies it`)
    expect(await failure(source.manifest('1'))).toBe(sources[2].error)
  })

  it('does not accept from a mirror what is no manifest, or has another digest', async () => {
    const { source, sources, warnings, onWarning } = setting()
    const answer = (text: string) => () =>
      Promise.resolve({ bytes: Buffer.from(text), contentType: mediaTypes.ociManifest, host: 'x' })
    sources[0].manifest = answer('<html>')
    sources[1].manifest = answer('{"schemaVersion":2}')
    expect((await source.manifest(digest, { onWarning })).host).toBe('registry')
    expect(warnings).toHaveLength(2)
    // A registry is verified by the caller.
    sources[2].manifest = answer('<html>')
    expect((await setting().source.manifest('1')).host).toBe('a')
    expect((await source.manifest(digest)).bytes.toString()).toBe('<html>')
  })

  it('asks each place only for the manifests that it may serve', async () => {
    const settings = [{ manifests: 'digests' }, { manifests: 'tags' }] as const
    const { source, asked } = setting({ settings })
    expect((await source.manifest('1')).host).toBe('b')
    expect((await source.manifest(digest)).host).toBe('a')
    expect((await source.head('1')).host).toBe('b')
    expect(asked()).toEqual([[`manifest ${digest}`], ['manifest 1', 'head 1'], []])
    const none = setting({ settings: [settings[0], settings[0], settings[0]] })
    expect(await failure(none.source.manifest('1'))).toMatchObject({
      code: 'MANIFEST_UNKNOWN',
      message: 'No host that is configured for registry/team/app serves this',
    })
  })

  it('asks a mirror for tags for blobs only if it served the manifest', async () => {
    const { source } = setting({ settings: [{ manifests: 'tags' }, { manifests: 'digests' }] })
    const hosts = async () => (await source.blobOrigins()).map(({ host }) => host)
    await source.manifest(digest)
    expect(await hosts()).toEqual(['b', 'registry'])
    await source.manifest('1')
    expect(await hosts()).toEqual(['a', 'b', 'registry'])
  })

  it('states nothing about a manifest if the place cannot do so', async () => {
    const { source, sources } = setting()
    Object.assign(sources[0], { head: undefined })
    expect(await source.head('1')).toEqual({
      isMirror: true,
      ...{ digest: undefined, contentType: undefined, size: undefined, host: 'a' },
    })
  })

  it('opens foreign URLs at the registry', async () => {
    const { source, sources, asked } = setting()
    expect(await bytesOf(await source.foreignBlob('https://x.example/', blob))).toEqual(bytes)
    expect(asked()).toEqual([[], [], ['https://x.example/', 'blob']])
    Object.assign(sources[2], { foreignBlob: undefined })
    await expect(source.foreignBlob('https://x.example/', blob)).rejects.toThrow(
      'registry has no foreign URLs',
    )
  })

  it('has its places as one that is the fastest, and the registry alone for what they sent wrongly', async () => {
    const { places, health } = setting()
    const hostsOf = async (all: readonly SourcePlace[], order?: PlaceOrder) => {
      const about = { host: 'registry', repository: 'team/app', health }
      const source = new OrderedSource({
        ...about,
        places: () => Promise.resolve(all),
        ...(order && { order }),
      })
      return (await source.blobOrigins()).map(({ host, isMirror }) => [host, isMirror])
    }
    expect(await hostsOf(places, 'fastest')).toEqual([
      ['a or b or registry', true],
      ['registry', false],
    ])
    expect(await hostsOf(places.slice(2), 'fastest')).toEqual([['registry', false]])
    expect((await hostsOf(places)).length).toBe(3)
  })

  it('accepts from a mirror a manifest as large as the caller allows', async () => {
    const { source } = setting()
    const maxBytes = manifest.length
    expect((await source.manifest('1', { maxBytes })).host).toBe('a')
    expect((await source.manifest('1', { maxBytes: maxBytes - 1 })).host).toBe('registry')
  })

  it('records the failures of the mirrors of a blob, not those of the registry', async () => {
    const health = new PlaceHealth()
    const { source } = setting({ health })
    for (const origin of await source.blobOrigins()) origin.recordFailure(failing('NETWORK'))
    const mayAsk = (host: string): boolean => health.mayAsk({ host, repository: 'team/app' })
    expect(['a', 'b', 'registry'].map(mayAsk)).toEqual([false, false, true])
  })

  it('forgets the failures of a mirror that serves again', async () => {
    let now = 0
    const health = new PlaceHealth(() => now)
    const { source, sources } = setting({ health })
    health.recordFailure(sources[0], failing('NETWORK'))
    now = 30_000
    expect((await source.manifest('1')).host).toBe('a')
    health.recordFailure(sources[0], failing('NETWORK'))
    now = 60_000
    expect(health.mayAsk(sources[0])).toBe(true)
  })
})

describe('the tags and referrers of an ordered source', () => {
  it('are those of the registry', async () => {
    const { source, asked } = setting()
    expect(await pagesOf(source.tags())).toEqual(['tag of registry'])
    expect(await pagesOf(source.referrers(digest))).toEqual([blob])
    expect(asked()).toEqual([[], [], ['tags', 'referrers']])
  })

  it('are those of a mirror that may resolve tags if the registry cannot be reached', async () => {
    const { source, sources, asked } = setting({ settings: [{ manifests: 'digests' }] })
    sources[2].error = failing('NETWORK')
    expect(await pagesOf(source.tags())).toEqual(['tag of b'])
    expect(asked()).toEqual([[], ['tags'], ['tags']])
  })

  it('are not taken from a mirror if the registry refuses, or failed in the middle', async () => {
    const { source, sources, asked } = setting()
    sources[2].error = failing('DENIED')
    expect(await failure(pagesOf(source.tags()))).toBe(sources[2].error)
    sources[2].tags = async function* () {
      yield ['first']
      await Promise.reject(failing('NETWORK'))
    }
    expect(await failure(pagesOf(source.tags()))).toMatchObject({ code: 'NETWORK' })
    expect(asked().slice(0, 2)).toEqual([[], []])
  })

  it('are not asked of a mirror after the caller cancelled', async () => {
    const { source, sources, asked } = setting()
    sources[2].error = failing('NETWORK')
    const request = { signal: AbortSignal.abort() }
    expect(await failure(pagesOf(source.tags(request)))).toBe(sources[2].error)
    expect(asked()).toEqual([[], [], ['tags']])
  })

  it('fail with the error of the registry if the mirrors fail too', async () => {
    const { source, sources } = setting()
    sources[2].error = failing('STALLED')
    sources[0].error = failing('NETWORK')
    sources[1].error = failing('DENIED')
    expect(await failure(pagesOf(source.tags()))).toBe(sources[2].error)
    expect(await failure(pagesOf(source.referrers(digest)))).toBe(sources[2].error)
  })

  it('are none if the registry has no referrers', async () => {
    const { source, sources } = setting()
    Object.assign(sources[2], { referrers: undefined })
    expect(await pagesOf(source.referrers(digest))).toEqual([])
  })
})
