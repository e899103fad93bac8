import { describe, expect, it } from 'vitest'
import { WindlassError } from '../../../../lib/errors.js'
import { Flow, Scope } from '../../../../lib/flow/index.js'
import {
  type ImageSource,
  type ManifestRequest,
  digestOf,
  mediaTypes,
  parseManifest,
} from '../../../../lib/image/index.js'
import { defaultLimits as limits } from '../../../../lib/limits.js'
import type { Resolved } from '../../../../lib/stages/elements.js'
import { choosePlatform } from '../../../../lib/stages/resolve/choose-platform.js'
import type { Store } from '../../../../lib/store/index.js'
import { type BuiltDocument, buildImage } from '../../../../lib/testing/images/index.js'
import { buildDocument } from '../../../../lib/testing/images/build-image.js'
import { runStage } from '../../../support/run-stage.js'

const platform = { os: 'linux', architecture: 'amd64' }
const retry = { attempts: 1, delay: 0, longestRetryAfter: 0 }
const image = buildImage({ layers: [], platform }).manifest
const entryOf = ({ mediaType, digest, size }: BuiltDocument, more: object = { platform }) => ({
  ...{ mediaType, digest, size },
  ...more,
})
const listing = (...manifests: object[]) =>
  buildDocument(mediaTypes.ociIndex, { schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests })
const indexOf = (document: BuiltDocument) => listing(entryOf(document))
const parsed = ({ bytes, mediaType }: BuiltDocument) =>
  parseManifest({ bytes, contentType: mediaType, host: 'h', reference: 'app', limits })
const report = { method: 'GET', url: 'https://h/v2/', role: 'registry', duration: 1, received: 2 } as const

/** A source with the documents, which reports each request, and fails as often as `failures` says. */
const sourceOf = (documents: readonly BuiltDocument[], failures = 0): ImageSource => {
  let left = failures
  const all = new Map(documents.map((each) => [each.digest as string, each]))
  return {
    host: 'h',
    manifest: async (digest: string, { onRequest }: ManifestRequest) => {
      onRequest?.(report)
      if (left-- > 0) throw new WindlassError('REGISTRY_UNAVAILABLE', 'not now')
      const { bytes, mediaType } = all.get(digest)!
      return { bytes, contentType: mediaType, host: 'mirror.h', isMirror: true }
    },
  } as unknown as ImageSource
}
const resolvedOf = (index: BuiltDocument, source: ImageSource, more: object = {}): Resolved<never> =>
  ({
    request: { name: 'app', typed: 'app', target: '1', source, platform, limits },
    document: parsed(index),
    parentIndexes: [],
    ...more,
  }) as never
const noStored = (bytes: Buffer, limitsOfReads: number[]): Store =>
  ({
    blobs: {
      has: async () => true,
      read: async (_: string, maxBytes: number) => {
        limitsOfReads.push(maxBytes)
        return bytes
      },
    },
  }) as unknown as Store

describe('the choice of a platform in nested indexes', () => {
  it('keeps all indexes that lead to the image, outermost first', async () => {
    const inner = indexOf(image)
    const outer = indexOf(inner)
    const scope = new Scope()
    let chosen: Resolved | undefined
    await Flow.of(resolvedOf(outer, sourceOf([image, inner])))
      .pipe(choosePlatform({ retry }), choosePlatform({ retry }) as never)
      .toObservable(scope)
      .forEach((each) => void (chosen = each as Resolved))
    await scope.close()
    expect(chosen?.document.descriptor.digest).toBe(image.digest)
    expect(chosen?.parentIndexes.map(({ descriptor }) => descriptor.digest)).toEqual([
      outer.digest,
      inner.digest,
    ])
  })

  it('fails if the entry is one of the indexes that lead to it', async () => {
    const outermost = parsed(indexOf(image))
    const inner = listing({ ...entryOf(image), digest: outermost.descriptor.digest })
    const parentIndexes = [outermost, parsed(listing())]
    await expect(
      runStage(choosePlatform({ retry }), resolvedOf(inner, sourceOf([]), { parentIndexes })),
    ).rejects.toMatchObject({
      code: 'MANIFEST_INVALID',
      message: `The index of app contains itself (${outermost.descriptor.digest})`,
      subject: { digest: outermost.descriptor.digest },
    })
  })
})

describe('the manifest of the chosen platform', () => {
  it('is reported with the host that sent it and with the requests for it', async () => {
    const { events } = await runStage(
      choosePlatform({ retry }),
      resolvedOf(
        listing(entryOf(image), entryOf(image, { platform: { ...platform, os: 'plan9' } })),
        sourceOf([image]),
      ),
    )
    expect(events).toMatchObject([
      { type: 'platform', chosen: 'linux/amd64', digest: image.digest, rejected: ['plan9/amd64'] },
      { type: 'request', ...report, digest: image.digest },
      { type: 'manifest', digest: image.digest, host: 'mirror.h', mirror: true },
    ])
  })

  it('is accepted with another size than that of its entry, with a warning', async () => {
    const index = listing({ ...entryOf(image), size: image.size + 1 })
    const { outputs, events } = await runStage(
      choosePlatform({ retry }),
      resolvedOf(index, sourceOf([image])),
    )
    expect(outputs[0]?.document.descriptor.digest).toBe(image.digest)
    expect(events.at(-1)).toMatchObject({
      type: 'warning',
      message: expect.stringContaining(`its descriptor states ${image.size + 1} bytes`) as string,
    })
  })

  it('is requested again after a temporary failure', async () => {
    const { outputs } = await runStage(
      choosePlatform({ retry: { ...retry, attempts: 2 } }),
      resolvedOf(indexOf(image), sourceOf([image], 1)),
    )
    expect(outputs).toHaveLength(1)
  })

  it('is read from the store instead, within the limits of the pull', async () => {
    const reads: number[] = []
    const resolved = resolvedOf(indexOf(image), sourceOf([]))
    const request = { ...resolved.request, limits: { ...limits, manifestBytes: 12_345 } }
    const { outputs, events } = await runStage(
      choosePlatform({ retry, store: noStored(image.bytes, reads) }),
      { ...resolved, request },
    )
    expect(outputs[0]?.document.descriptor.digest).toBe(image.digest)
    expect(reads).toEqual([12_345])
    expect(events.at(-1)).toMatchObject({ type: 'manifest', host: 'h' })
  })
})

describe('an index without an image for the platform', () => {
  const failed = async (index: BuiltDocument): Promise<WindlassError> =>
    runStage(choosePlatform({ retry }), resolvedOf(index, sourceOf([]))).then(
      () => expect.unreachable(),
      (error: unknown) => error as WindlassError,
    )
  const other = (architecture: string, os = 'linux') => entryOf(image, { platform: { os, architecture } })
  const broken = (more: object) => ({ ...entryOf(image), size: -1, ...more })

  it.each([
    [
      'for the platform',
      broken({}),
      'MANIFEST_INVALID',
      /entry for linux\/amd64 that cannot be used: .*size/,
    ],
    [
      'for the platform by another name',
      broken({ platform: { os: 'Linux', architecture: 'x86_64' } }),
      'MANIFEST_INVALID',
      /entry for Linux\/x86_64/,
    ],
    [
      'for a platform whose programs run there',
      broken({ platform: { os: 'linux', architecture: '386' } }),
      'MANIFEST_INVALID',
      /entry for linux\/386/,
    ],
    ['without a platform', broken({ platform: undefined }), 'MANIFEST_INVALID', /entry for no platform/],
    [
      'with a digest of an unknown algorithm',
      { ...entryOf(image), digest: 'blake3:abc' },
      'UNSUPPORTED',
      /entry for linux\/amd64/,
    ],
    [
      'for another platform',
      broken({ platform: { os: 'linux', architecture: 'arm64' } }),
      'PLATFORM_UNMATCHED',
      /no image for linux\/amd64/,
    ],
  ] as const)(
    'that has an unusable entry %s fails with its problem only if that may be the image',
    async (_, entry, code, message) => {
      expect(await failed(listing(other('s390x'), entry))).toMatchObject({
        code,
        message: expect.stringMatching(message) as string,
      })
    },
  )

  it('fails as an artifact if it lists only artifacts', async () => {
    const chart = { ...entryOf(image, {}), artifactType: 'application/vnd.cncf.helm.config.v1+json' }
    expect(await failed(listing(chart))).toMatchObject({
      code: 'UNSUPPORTED',
      message: expect.stringContaining('a Helm chart') as string,
    })
  })

  it('lists the platforms that it has, each once, at most forty and no attestations', async () => {
    const entries = [
      ...[other('s390x'), other('s390x'), other('unknown', 'unknown'), other('arm64')],
      { ...other('riscv64'), artifactType: 'application/vnd.example' },
    ]
    expect((await failed(listing(...entries))).hint).toBe(
      'Choose one of its platforms with --platform: linux/s390x, linux/arm64.',
    )
    const many = Array.from({ length: 41 }, (_, at) => other(`cpu${at}`))
    const { hint } = await failed(listing(...many))
    expect(hint).toContain('linux/cpu39.')
    expect(hint).not.toContain('cpu40')
  })

  it('is said to be empty, or to state no platforms, if that is the reason', async () => {
    expect((await failed(listing())).hint).toBe('The index is empty. Tell whoever publishes the image.')
    const attestation = { ...other('unknown', 'unknown'), digest: digestOf(Buffer.from('x')) }
    expect((await failed(listing(attestation))).hint).toBe(
      `Its index does not state platforms. Pull an image by its digest, for example ${attestation.digest}.`,
    )
  })
})
