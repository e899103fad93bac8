/** Reads the manifests that a copy consists of, and plans the copy. */
import { WindlassError } from '../../errors.js'
import { type Stage, pausable } from '../../flow/index.js'
import { type Descriptor, type Digest, isImageManifestType, isSchema1Type } from '../../image/index.js'
import { defaultLimits } from '../../limits.js'
import type { CopyPlan, CopyTarget, ManifestNode, ReferrerNode } from '../../transfer/copy/elements.js'
import { manifestNodes } from '../../transfer/copy/manifest-nodes.js'
import { referrerNodes } from '../../transfer/copy/referrer-nodes.js'
import { fetchManifestDocument } from '../../transfer/documents/manifest-document.js'
import { documentUnclear } from '../../transfer/documents/manifest-event.js'
import { type RetryPolicy, retryingTransfers } from '../../transfer/retry-policy.js'
import type { Resolved } from '../elements.js'
import { type PullTurn, pullStage } from '../pull-stage.js'

/** Settings of `readManifests`. */
export interface ReadManifestsOptions {
  readonly target: CopyTarget
  /** Also read what belongs to the manifests: signatures, SBOMs, attestations (default: false). */
  readonly referrers?: boolean
  readonly retry: RetryPolicy
}

/** Code of the warning that layers are not copied because only their publisher distributes them. */
export const foreignLayersLeftOut = 'foreign-layers-left-out'

/**
 * Returns the stage that reads all manifests below the resolved one, asks the target which images it has, and emits the
 * `plan` event. It does not write anything.
 * @throws UNSUPPORTED when the target cannot hold the image; DIGEST_MISMATCH when the name of the target states another digest; LIMIT_EXCEEDED when there are too many
 * manifests; errors of the source and of the target
 */
export function readManifests({
  target,
  retry,
  referrers: withReferrers = false,
}: ReadManifestsOptions): Stage<Resolved, CopyPlan> {
  return pullStage(
    async ({ request, document: root }: Resolved, turn): Promise<CopyPlan> => {
      const { name, source, limits = defaultLimits, control } = request
      const { signal } = turn
      const { sink, tag } = target
      assertDigest(root.descriptor.digest, target)
      const onWarning = (code: string, message: string): void => turn.emit({ type: 'warning', code, message })
      const before =
        tag === undefined
          ? undefined
          : await pausable(control, signal, (running) => sink.resolve(tag, { signal: running, onWarning }))
      const unusable: string[] =
        root.kind === 'index' ? root.index.unusable.map(({ problem }) => problem) : []
      const nodes = await manifestNodes(root, {
        ...{ reference: name, limits, signal },
        async fetch(entry, reading) {
          const options = { signal: reading, expected: entry, onWarning }
          const { document } = await fetchManifestDocument(request, entry.digest, options)
          if (document.kind === 'index')
            unusable.push(...document.index.unusable.map(({ problem }) => problem))
          return document
        },
        sizeOf: (digest, reading) =>
          pausable(control, reading, (running) => source.blobSize(digest, { signal: running })),
        async has(entry, reading) {
          if (!isImage(entry) || sink.hasImage === undefined) return false
          if (entry.digest === before) return true
          return pausable(control, reading, (running) =>
            sink.hasImage!(entry, { signal: running, onWarning }),
          )
        },
      })
      for (const { bytes, descriptor } of nodes) sink.checkManifest?.(bytes, descriptor)
      warnOfEntries(turn, name, unusable)
      warnOfForeignLayers(turn, name, nodes)
      const referrers = withReferrers
        ? await pausable(control, signal, (running) =>
            referrerNodes(source, nodes, { ...{ reference: name, limits, onWarning }, signal: running }),
          )
        : undefined
      const plan = planOf(nodes, referrers)
      emitPlan(turn, plan.blobs)
      return {
        ...{ from: name, source, target, ...plan },
        wasTagged: before === root.descriptor.digest,
        ...(control && { control }),
      }
    },
    { name: 'read-manifests', order: 'source', supervise: retryingTransfers(retry) },
  )
}

const isImage = ({ mediaType }: Descriptor): boolean =>
  isImageManifestType(mediaType) || isSchema1Type(mediaType)

function planOf(
  nodes: readonly ManifestNode[],
  referrers: readonly ReferrerNode[] | undefined,
): Pick<CopyPlan, 'root' | 'manifests' | 'blobs' | 'referrers'> {
  const root = nodes.at(-1)
  if (root === undefined) throw new WindlassError('INTERNAL', 'a walk without its root')
  const all = [...nodes, ...(referrers ?? [])]
  const blobs = new Map(all.flatMap((node) => node.blobs).map((blob) => [blob.digest, blob]))
  const manifests = nodes.slice(0, -1)
  return { root, manifests, blobs: [...blobs.values()], ...(referrers && { referrers }) }
}

function assertDigest(digest: Digest, { name, digest: expected }: CopyTarget): void {
  if (expected === undefined || expected === digest) return
  throw new WindlassError(
    'DIGEST_MISMATCH',
    `Failed to copy to ${name}: the source has ${digest}, and a copy has the same digest`,
    { reference: name, digest, hint: 'Leave out the digest of the target, or name its tag.' },
  )
}

function emitPlan(turn: PullTurn, blobs: readonly Descriptor[]): void {
  const total = blobs.reduce((sum, { size }) => sum + size, 0)
  turn.emit({
    type: 'plan',
    layers: blobs.map(({ digest, size }) => ({ digest, size, action: 'copy' as const, offset: 0 })),
    bytes: { total, toDownload: total },
  })
}

/** Emits one warning for all entries that cannot be copied. The target may reject the index without them. */
function warnOfEntries(turn: PullTurn, name: string, problems: readonly string[]): void {
  const [first] = problems
  if (first === undefined) return
  const more = problems.length > 1 ? `, and ${problems.length - 1} more` : ''
  const message = `Entries of the index of ${name} cannot be copied: ${first}${more}`
  turn.emit({ type: 'warning', code: documentUnclear, message })
}

function warnOfForeignLayers(turn: PullTurn, name: string, nodes: readonly ManifestNode[]): void {
  const foreign = new Map(nodes.flatMap((node) => node.foreign).map((layer) => [layer.digest, layer]))
  const [first] = foreign.values()
  if (first === undefined) return
  const layers = foreign.size === 1 ? '1 layer' : `${foreign.size} layers`
  const message = `Not copied of ${name}: ${layers} that pullers take from the URLs of their publisher, such as ${first.urls?.[0] ?? ''}`
  turn.emit({ type: 'warning', code: foreignLayersLeftOut, message, digest: first.digest })
}
