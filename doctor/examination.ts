/** Defines what the checks of `windlass doctor` examine. */
import type { ImageRegistries } from '../lib/registry/index.js'
import type { HostConfiguration } from '../lib/registry/hosts/registry-hosts.js'
import type { Finding } from './finding.js'

/** What is examined. Specs replace parts of it. */
export interface Examination {
  /** Directory of the store, which need not exist. */
  readonly store: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly registries: ImageRegistries
  /** Hosts and certificates that the user configured. */
  readonly hosts?: HostConfiguration
  /** Images and registries to contact. */
  readonly targets: readonly string[]
  /** Credentials file that replaces the default ones. */
  readonly authFile?: string
  readonly signal?: AbortSignal
}

/** Examines one aspect. Fails only if `signal` aborts. */
export type Check = (examination: Examination) => readonly Finding[] | Promise<readonly Finding[]>
