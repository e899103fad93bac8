/** The images of a store in detail: describes and names them. */
import { Credential, type Registries } from '../lib/registry/index.js'
import { checkArgument } from './options/check-options.js'
import { anyText } from './options/option-codecs.js'
import type { RegistryCredentials } from './options/options.js'
import { type DescribedImage, describeImages } from '../pipelines/describe.js'
import { tagImage } from '../pipelines/tag.js'
import type { OpenedParts } from './opened-parts.js'
import type { RunningWork } from './running-work.js'

/** What the operations share with the pulls of a puller. */
export interface StoredContentParts {
  readonly parts: OpenedParts
  readonly work: RunningWork
  readonly registries: Registries
  /** @throws USAGE when the puller is closed */
  readonly assertOpen: () => void
}

/** The images of one store. See `Windlass.content`. */
export class StoredContent {
  /** @internal */
  constructor(private readonly shared: StoredContentParts) {}

  /** Describes all images of the store that can be read; none if there is no store. */
  async describe(): Promise<readonly DescribedImage[]> {
    const { parts, assertOpen } = this.shared
    assertOpen()
    return (await parts.isThere()) ? describeImages((await parts.open()).store) : []
  }

  /**
   * Gives an image another name. `source` is a name as `Windlass.images` lists it, a digest or a key of an entry. An image that
   * had the name loses it. Returns the normalised name.
   * @throws IMAGE_UNKNOWN; REFERENCE_INVALID for a target with a digest
   */
  async tag(source: string, target: string): Promise<string> {
    checkArgument('tag', 'source', anyText, source)
    checkArgument('tag', 'target', anyText, target)
    this.shared.assertOpen()
    return this.shared.work.busy('tag', undefined, async ({ store }, stop) => {
      return (await tagImage(source, target, store, stop)).name
    })
  }

  /**
   * Checks a login with a registry.
   * @throws UNAUTHORIZED, DENIED when it is refused; REFERENCE_INVALID for a registry that is not a host; network errors
   */
  async checkLogin(registry: string, login: RegistryCredentials, signal?: AbortSignal): Promise<void> {
    this.shared.assertOpen()
    const credential = Credential.password(login.username, login.password)
    await this.shared.registries.checkLogin(registry, credential, signal)
  }
}
