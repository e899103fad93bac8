/** Chooses the manifest of one platform from an index. */
import { requestEvents } from '../../transfer/request-events.js'
import { WindlassError } from '../../errors.js'
import { type Stage } from '../../flow/index.js'
import { pullStage } from '../pull-stage.js'
import {
  type Descriptor,
  type ImageIndex,
  type Platform,
  formatPlatform,
  isImageOrIndexEntry,
  matchPlatform,
  normalizePlatform,
  artifactIndexError,
  platformVector,
} from '../../image/index.js'
import type { IndexDocument, Resolved } from '../elements.js'
import { fetchManifestDocument } from '../../transfer/documents/manifest-document.js'
import { storedChild } from '../../transfer/stored/stored-manifest.js'
import type { Store } from '../../store/index.js'
import { emitManifest } from '../../transfer/documents/manifest-event.js'
import { type RetryPolicy, retryingTransfers } from '../../transfer/retry-policy.js'

const platformOf = ({ platform }: { readonly platform?: Platform | undefined }): string =>
  platform ? formatPlatform(platform) : 'no platform'

/**
 * Returns the stage that fetches the manifest in the index that matches the requested platform best, by the rules of
 * containerd. Emits a `platform` event and a `manifest` event.
 * @throws PLATFORM_UNMATCHED, with the available platforms, when no entry matches; MANIFEST_INVALID for an invalid
 * entry and for an index that contains itself; UNSUPPORTED for an entry of an unsupported kind and for an index of
 * artifacts; errors of `fetchManifestDocument`
 */
export function choosePlatform({
  retry,
  store,
}: {
  readonly retry: RetryPolicy
  /** A store that may have the manifest, which is then not fetched. */
  readonly store?: Store | undefined
}): Stage<Resolved<IndexDocument>, Resolved> {
  return pullStage(
    async ({ request, document, parentIndexes }: Resolved<IndexDocument>, turn): Promise<Resolved> => {
      const { platform, name } = request
      const { manifests } = document.index
      const visited = [...parentIndexes, document]
      const [chosen] = matchPlatform(platform, manifests)
      if (!chosen) throw noPlatform(name, platform, document.index)
      if (visited.some(({ descriptor }) => descriptor.digest === chosen.digest))
        throw new WindlassError(
          'MANIFEST_INVALID',
          `The index of ${name} contains itself (${chosen.digest})`,
          { reference: name, digest: chosen.digest, hint: 'Tell whoever publishes the image.' },
        )
      turn.emit({
        type: 'platform',
        chosen: platformOf(chosen),
        digest: chosen.digest,
        rejected: manifests.filter((candidate) => candidate !== chosen).map(platformOf),
      })
      const subject = { name, host: request.source.host, limits: request.limits }
      const fetched =
        (store && (await storedChild(chosen, subject, store))) ??
        (await fetchManifestDocument(request, chosen.digest, {
          signal: turn.signal,
          expected: chosen,
          onRequest: requestEvents(turn, chosen.digest),
        }))
      const child = fetched.document
      emitManifest(turn, child, { name, ...fetched })
      return { request, document: child, parentIndexes: visited }
    },
    { name: 'choose-platform', order: 'source', supervise: retryingTransfers(retry) },
  )
}

function noPlatform(name: string, platform: Platform, index: ImageIndex): WindlassError {
  const { manifests, unusable } = index
  const subject = { reference: name }
  const refused = unusable.find((entry) => entry.platform === undefined || canRun(platform, entry.platform))
  if (refused !== undefined)
    return new WindlassError(
      refused.hasUnsupportedDigest ? 'UNSUPPORTED' : 'MANIFEST_INVALID',
      `The index of ${name} has an entry for ${platformOf(refused)} that cannot be used: ${refused.problem}`,
      subject,
    )
  const artifacts = artifactIndexError(index, subject)
  if (artifacts !== undefined) return artifacts
  // An image without a platform would have been chosen.
  const images = manifests.filter((entry) => entry.platform !== undefined && isImageOrIndexEntry(entry))
  const offered = [...new Set(images.map(platformOf))].filter((candidate) => !/^unknown/.test(candidate))
  return new WindlassError(
    'PLATFORM_UNMATCHED',
    `${name} has no image for ${formatPlatform(platform)}: no supported platform found in manifest list`,
    { ...subject, hint: hintFor(offered, manifests) },
  )
}

const canRun = (wanted: Platform, offered: Platform): boolean =>
  platformVector(wanted).some(
    (candidate) => formatPlatform(candidate) === formatPlatform(normalizePlatform(offered)),
  )

/** Maximum number of platforms that a hint lists. An index may have thousands. */
const maxOffered = 40

function hintFor(offered: readonly string[], manifests: readonly Descriptor[]): string {
  if (offered.length > 0)
    return `Choose one of its platforms with --platform: ${offered.slice(0, maxOffered).join(', ')}.`
  if (manifests.length === 0) return 'The index is empty. Tell whoever publishes the image.'
  return `Its index does not state platforms. Pull an image by its digest, for example ${manifests[0]?.digest ?? ''}.`
}
