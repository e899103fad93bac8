/** Provides what the faults of tag lists share. */
import { faultDefiner } from '../scene/catalogued.js'

/** Defines a fault of a tag list. The budget covers `/v2/`, a refusal, a token and one page. */
export const tagsFault = faultDefiner('tags', { action: 'tags', requests: 4, bytes: 8192 })

/** Matches all pages of a tag list. */
export const everyPage = { kind: 'tags', status: 200, times: Infinity } as const
