/** What the requests for one repository share. */
import type { Limits } from '../../limits.js'
import type { RepositoryClient } from './repository-client.js'
import type { Secrets } from '../policy/secrets.js'
import type { Timeouts } from '../policy/timeouts.js'

export interface RepositoryContext {
  readonly client: RepositoryClient
  /** The registry as references name it. */
  readonly registry: string
  readonly repository: string
  readonly secrets: Secrets
  readonly timeouts: Timeouts
  readonly limits: Limits
  /** What to do about a 401 or 403, as a sentence; asked for once there is one. */
  readonly hint: () => string
}
