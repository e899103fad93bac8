/** Explains to users why a registry refused access to a repository, and what they can do about it. */
import { canonicalRegistry, displayHost, displayName, type RepositoryName } from './registry-name.js'

/**
 * `none`: there is no login. `sent`: the login was sent. `withheld`: the login was not sent, because the connection is
 * not encrypted.
 */
export type LoginState = 'none' | 'sent' | 'withheld'

/** What a user wants to do in a repository. */
export type AccessAction = 'read' | 'push'

/** What to tell the user when a registry refuses access. */
export interface AccessHelp {
  /**
   * Returns the message for a response that denies access.
   * @param what - name of what was requested; default: the repository
   */
  message(host: string, code: 'UNAUTHORIZED' | 'DENIED', what?: string): string
  /** Hint for a refused request, as sentences. */
  readonly hint: string
  /** A sentence for the hint about a repository that does not exist, since it may be private; or empty. */
  readonly loginHint: readonly string[]
  /** A sentence for the hint about too many requests, since users with a login may send more; or empty. */
  readonly rateLimitHint: readonly string[]
}

/**
 * Returns the explanations for one repository.
 * @param why - reason why there is no login although the user may expect one, as a sentence
 * @param action - what the user wants to do there
 */
export function accessHelp(
  repositoryName: RepositoryName,
  login: LoginState,
  why?: string,
  action: AccessAction = 'read',
): AccessHelp {
  const instructions = loginInstructions(repositoryName.registry)
  return {
    message(host, code, what = displayName(repositoryName)) {
      if (code === 'UNAUTHORIZED')
        return login === 'sent'
          ? `${host} rejected the login for ${what}`
          : `${host} requires a login for ${what}`
      if (action === 'push')
        return `${host} does not allow ${login === 'none' ? 'anonymous users' : 'this user'} to push to ${what}`
      return `${host} denied ${login === 'none' ? 'anonymous access' : 'access'} to ${what}`
    },
    hint: why ?? refusalHint(repositoryName, login, action, instructions),
    loginHint: login === 'none' ? [why ?? `If the repository is private, log in: ${instructions}`] : [],
    rateLimitHint: login === 'none' ? [`A login may allow more requests: ${instructions}`] : [],
  }
}

function refusalHint(
  { registry }: RepositoryName,
  login: LoginState,
  action: AccessAction,
  instructions: string,
): string {
  switch (login) {
    case 'none':
      if (action === 'push') return `Log in: ${instructions}`
      return `Check the name: many registries answer the same for a private repository and for one that does not exist. If it is private, log in: ${instructions}`
    case 'withheld':
      return 'The login was not sent, because the connection is not encrypted. Send it anyway with --plain-http.'
    case 'sent':
      return `Check the user name and password for ${displayHost(registry)}, the name of the repository, and whether this user may ${action === 'push' ? 'push to' : 'read'} it.`
  }
}

/** Returns the ways to provide a login, as the end of a sentence. */
function loginInstructions(registry: string): string {
  const command =
    canonicalRegistry(registry) === 'docker.io' ? 'windlass login' : `windlass login ${registry}`
  return `--username NAME with --password-stdin, --authfile FILE, or “${command}” (in code: credentials).`
}
