/** Reads credentials from an environment variable with the text of a configuration file, such as `DOCKER_AUTH_CONFIG`. */
import { variableOrigin } from './config-origin.js'
import type { Credentials } from './credentials.js'
import { configCredentials } from './docker-config.js'
import { CredentialHelpers } from './credential-helpers.js'

/**
 * Returns the credentials in `value`, the value of the variable `name`. The returned functions throw USAGE when it cannot be
 * parsed, and errors of `parseDockerConfig`.
 * @param env - environment of the credential helpers that the value names
 */
export function credentialsVariable(
  name: string,
  value: string,
  env: NodeJS.ProcessEnv = process.env,
): Credentials {
  const helpers = new CredentialHelpers({ env })
  let parsed: Credentials | undefined
  const parse = (): Credentials => (parsed ??= configCredentials(value, variableOrigin(name), helpers))
  return {
    // `async` turns what `parse` throws into a rejection.
    for: async (repositoryName, request) => parse().for(repositoryName, request),
    why: async (repositoryName) => parse().why?.(repositoryName),
  }
}
