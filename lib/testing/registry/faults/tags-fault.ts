/** What faults of the list of tags have in common. */
import { faultsOf } from '../scene/catalogued.js'

/** `/v2/`, a refusal, a token, a page. */
export const tagsFault = faultsOf('tags', { action: 'tags', requests: 4, bytes: 8192 })

/** Every page that is served. */
export const served = { kind: 'tags', answered: 200, times: Infinity } as const
