/**
 * Warns when an image is for another platform than was asked for: a manifest that stands in no index is taken as it is,
 * so its config alone says what it runs on. The image travels on meanwhile, as it does in `fetchConfig`.
 */
import { Observable, of } from 'rxjs'
import { type Stage } from '../../flow/index.js'
import { type PullTurn, pullStage } from '../pull-stage.js'
import {
  type ImageConfig,
  type Platform,
  formatPlatform,
  makeSchema1Config,
  matchPlatform,
  platformOfConfig,
} from '../../image/index.js'
import type { ImageDocument, ReadSchema1Document } from '../elements.js'
import type { AwaitingConfig } from '../elements.js'
import { untilAborted } from '../../flow/lifetime/abort.js'

/** The code of the warning. */
export const platformMismatch = 'platform-mismatch'

type Checked = AwaitingConfig & { readonly document: ImageDocument | ReadSchema1Document }

/** Emits a `warning` with the code `platform-mismatch` once the config is here, if it is one for another platform. */
export function checkPlatform<Image extends Checked>(): Stage<Image, Image> {
  return pullStage(
    (image: Image, turn) => {
      const { document, request } = image
      if (document.kind === 'schema1') {
        // Its config is made of its layers; what it is for stands in the manifest.
        warnOfMismatch(image, makeSchema1Config(document.image, undefined, request.name).config, turn)
        return of(image)
      }
      return new Observable<Image>((out) => {
        out.next(image)
        untilAborted(image.config.value, turn.signal).then(
          ({ config }) => {
            warnOfMismatch(image, config, turn)
            out.complete()
          },
          (error: unknown) => {
            out.error(error)
          },
        )
      })
    },
    { name: 'check-platform', order: 'source' },
  )
}

function warnOfMismatch(image: AwaitingConfig, config: ImageConfig, turn: PullTurn): void {
  const { request, document } = image
  const offered = platformOf(image, config)
  const { digest } = document.descriptor
  if (matchPlatform(request.platform, [{ ...document.descriptor, platform: offered }]).length > 0) return
  turn.emit({
    type: 'warning',
    code: platformMismatch,
    message:
      `The image ${request.name} is for ${formatPlatform(offered)}, ` +
      `not for ${formatPlatform(request.platform)}, which was asked for`,
    digest,
  })
}

/** What the config says; its index may know more, as older configs of ARM images name no variant. */
function platformOf({ document, trail }: AwaitingConfig, config: ImageConfig): Platform {
  const said = platformOfConfig(config)
  const entry = trail.at(-1)?.index.manifests.find(({ digest }) => digest === document.descriptor.digest)
  const { os, architecture } = said
  const agrees = entry?.platform?.os === os && entry.platform.architecture === architecture
  return agrees && said.variant === undefined ? { ...entry.platform, ...said } : said
}
