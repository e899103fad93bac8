/**
 * From an index to the manifest of one platform: the best match in containerd's order, fetched by digest
 * and verified (S2-78, S2-79). Lists what there is when nothing fits.
 */
import { WindlassError } from '../errors.js'
import { type Stage, stage } from '../flow/index.js'
import { type Descriptor, type Platform, formatPlatform, matchPlatform } from '../image/index.js'
import type { IndexDocument, Resolved } from './elements.js'
import { manifestDocument } from './manifest-document.js'
import { manifestEvent } from './manifest-event.js'
import { type RetryPolicy, retryingTransfers } from './retry-policy.js'

const platformOf = ({ platform }: Descriptor): string => (platform ? formatPlatform(platform) : 'no platform')

export function choosePlatform({
  retry,
}: {
  readonly retry: RetryPolicy
}): Stage<Resolved<IndexDocument>, Resolved> {
  return stage(
    async ({ request, document, trail }: Resolved<IndexDocument>, turn): Promise<Resolved> => {
      const { platform, name } = request
      const { manifests } = document.index
      const passed = [...trail, document]
      const [chosen] = matchPlatform(platform, manifests)
      if (!chosen) throw noPlatform(name, platform, manifests)
      if (passed.some(({ descriptor }) => descriptor.digest === chosen.digest))
        throw new WindlassError(
          'MANIFEST_INVALID',
          `The index of ${name} leads back to itself (${chosen.digest})`,
          {
            reference: name,
            digest: chosen.digest,
          },
        )
      turn.emit({
        type: 'platform',
        chosen: platformOf(chosen),
        digest: chosen.digest,
        rejected: manifests.filter((each) => each !== chosen).map(platformOf),
      })
      const fetched = await manifestDocument(request, chosen.digest, {
        signal: turn.signal,
        expected: chosen,
      })
      const child = fetched.document
      turn.emit(manifestEvent(child, fetched.host))
      return { request, document: child, trail: passed }
    },
    { name: 'choose-platform', order: 'source', supervise: retryingTransfers(retry) },
  )
}

function noPlatform(name: string, platform: Platform, manifests: readonly Descriptor[]): WindlassError {
  const images = manifests.filter((each) => matchPlatform(each.platform ?? platform, [each]).length > 0)
  const offered = [...new Set(images.map(platformOf))].slice(0, 40).join(', ') || 'none'
  return new WindlassError(
    'PLATFORM_UNMATCHED',
    `Choosing the platform of ${name}: no supported platform found in manifest list for ${formatPlatform(platform)}`,
    { reference: name, hint: `Name one of its platforms with --platform: ${offered}` },
  )
}
