/**
 * Warns when an image is for another platform than the requested one. A manifest that is not in an index states its
 * platform only in its config.
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
import type { ImageDocument, ReadSchema1Document, AwaitingConfig } from '../elements.js'
import { untilAborted } from '../../flow/lifetime/abort.js'

/** Code of the warning that an image is for another platform than the requested one. */
export const platformMismatch = 'platform-mismatch'

type CheckableImage = AwaitingConfig & { readonly document: ImageDocument | ReadSchema1Document }

/**
 * Returns the stage that emits a `platform-mismatch` warning once the config has arrived and states another platform.
 * The image is emitted at once, as in `fetchConfig`.
 * @throws the failure of the config
 */
export function checkPlatform<Image extends CheckableImage>(): Stage<Image, Image> {
  return pullStage(
    (image: Image, turn) => {
      const { document, request } = image
      if (document.kind === 'schema1') {
        // The config does not exist yet, but the schema 1 manifest states the platform.
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
      `${request.name} is for ${formatPlatform(offered)}, ` +
      `but ${formatPlatform(request.platform)} was requested`,
    digest,
  })
}

/**
 * Returns the platform in the config. Older configs of ARM images have no variant: it is then taken from the index.
 */
function platformOf({ document, parentIndexes }: AwaitingConfig, config: ImageConfig): Platform {
  const configured = platformOfConfig(config)
  const entry = parentIndexes
    .at(-1)
    ?.index.manifests.find(({ digest }) => digest === document.descriptor.digest)
  const { os, architecture } = configured
  const agrees = entry?.platform?.os === os && entry.platform.architecture === architecture
  return agrees && configured.variant === undefined ? { ...entry.platform, ...configured } : configured
}
