/** Defines the values that all requests for one repository share. */
import type { Limits } from '../../limits.js'
import type { AccessHelp } from '../policy/access-help.js'
import type { RepositoryClient } from './repository-client.js'
import type { Secrets } from '../policy/secrets.js'
import type { Timeouts } from '../policy/timeouts.js'

/** The client, names and settings of one repository. */
export interface RepositoryContext {
  readonly client: RepositoryClient
  /** Registry name as in references. */
  readonly registry: string
  readonly repository: string
  readonly secrets: Secrets
  readonly timeouts: Timeouts
  readonly limits: Limits
  /** Returns what to tell the user when access is refused. Called only for an error. */
  readonly help: () => AccessHelp
}
