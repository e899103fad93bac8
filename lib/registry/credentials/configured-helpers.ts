/**
 * Asks the credential helpers that `registries.conf` lists, in order.
 *
 * Source: containers-registries.conf.d(5), `credential-helpers`, and c/image, pkg/docker/config, `getCredentials`.
 */
import { type WindlassError, asWindlassError } from '../../errors.js'
import { quoted } from '../../codec/printable.js'
import type { Credential } from './credential.js'
import { CredentialHelpers } from './credential-helpers.js'
import type { CredentialRequest, Credentials } from './credentials.js'
import { helperFailed } from './docker-config.js'
import type { HelperOptions } from './helper/credential-helper.js'
import { helperServers } from './helper-settings.js'
import type { RepositoryName } from '../policy/registry-name.js'

/** The name in the list that stands for the files with credentials. */
export const authFilesHelper = 'containers-auth.json'

/** Where the helpers and the files come from. */
export interface ConfiguredHelpersOptions extends Pick<HelperOptions, 'env'> {
  /** Returns the list. @throws USAGE when a file cannot be read */
  readonly list: (request: CredentialRequest) => readonly string[]
  /** The files. If the list does not contain them, they are read last. */
  readonly files: Credentials
}

/**
 * Returns the credentials of the first helper in the list that has a login for the registry. A helper that fails is a warning,
 * and the next one is asked.
 */
export function configuredHelpers({ list, files, env }: ConfiguredHelpersOptions): Credentials {
  const helpers = new CredentialHelpers(env && { env })
  let failure: WindlassError | undefined

  async function ask(
    name: string,
    { registry }: RepositoryName,
    request: CredentialRequest,
  ): Promise<Credential | undefined> {
    try {
      return await helpers.get(name, helperServers(registry), request.signal)
    } catch (caught) {
      const error = asWindlassError(caught)
      if (error.code === 'CANCELLED') throw error
      failure = error
      request.onWarning?.(helperFailed, `${error.message} (registries.conf names ${quoted(name, 60)})`)
      return undefined
    }
  }

  return {
    async for(repositoryName, request = {}) {
      failure = undefined
      const names = list(request)
      const all = names.includes(authFilesHelper) ? names : [...names, authFilesHelper]
      for (const name of all) {
        const found =
          name === authFilesHelper
            ? await files.for(repositoryName, request)
            : await ask(name, repositoryName, request)
        if (found !== undefined) return found
      }
      return undefined
    },
    async why(repositoryName) {
      if (failure !== undefined) return `${failure.message}. ${failure.hint ?? ''}`.trim()
      return files.why?.(repositoryName)
    },
  }
}
