/** Provides the config of an image as a value that becomes available later. */
import { Deferred } from '../../flow/flows/deferred.js'
import type { ConfigDocument, PullableDocument } from '../elements.js'

/** Returns a config that has not been requested yet. Its error names the stage that provides it. */
export const deferredConfig = ({ kind }: Pick<PullableDocument, 'kind'>): Deferred<ConfigDocument> =>
  new Deferred({
    name: 'the config of the image',
    hint:
      kind === 'schema1'
        ? 'A schema 1 image has none before its layers are in the store: `convertSchema1` makes it.'
        : '`fetchConfig` fetches it: await it in a later stage, for example in `onImage`.',
  })
