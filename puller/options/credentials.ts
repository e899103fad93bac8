/** Selects the credentials of a puller: those of its options, or those that the user has configured for Docker and Podman. */
import {
  Credential,
  type CredentialRequest,
  type Credentials,
  type ImageRegistries,
  type RepositorySource,
  credentialsFile,
  credentialsVariable,
  firstOf,
  byRegistry,
  configuredHelpers,
  requireCredentialsFile,
} from '../../lib/registry/index.js'
import { loginFiles, variable } from './login-files.js'
import type { OpenOptions } from './options.js'

/** Returns the names of the credential helpers of `registries.conf`. */
export type HelperList = (request: CredentialRequest) => readonly string[]

/**
 * Returns the credentials. Files are read when credentials are needed.
 * @param helpers - reads the list of credential helpers in `registries.conf`, which are asked unless a file is named that
 *   replaces all others
 * @throws USAGE when `authFile` does not exist. A file that an environment variable names may be missing.
 */
export async function credentialsFor(
  { credentials, authFile }: OpenOptions,
  env: NodeJS.ProcessEnv = process.env,
  helpers?: HelperList,
): Promise<Credentials> {
  if (authFile !== undefined) await requireCredentialsFile(authFile)
  const files = authFile === undefined ? defaultSources(env, helpers) : [credentialsFile(authFile, { env })]
  return firstOf(givenCredentials(credentials ?? {}), ...files)
}

/** A file that may have credentials. */
export interface CredentialsFile {
  readonly path: string
  /** Name of the environment variable that names it, if one does. */
  readonly namedBy?: string
}

/** Returns the credentials of the option `credentials`. */
export const givenCredentials = (given: NonNullable<OpenOptions['credentials']>): Credentials =>
  byRegistry(
    Object.entries(given).map(
      ([key, { username, password }]) => [key, Credential.password(username, password)] as const,
    ),
  )

/** Returns `registries` for a pull with the option `credentials`. */
export const registriesOfPull = (
  registries: ImageRegistries,
  credentials: OpenOptions['credentials'],
): RepositorySource =>
  credentials === undefined ? registries : registries.withCredentials(givenCredentials(credentials))

/**
 * Returns the sources that the environment and the files of the user provide, in order of precedence: the file that
 * `WINDLASS_AUTHFILE` names, and no other; or `DOCKER_AUTH_CONFIG`, then the file that `REGISTRY_AUTH_FILE` names or, if it
 * is not set, the login files of Podman and Docker. The latter take their turn among the helpers of `registries.conf`.
 */
function defaultSources(env: NodeJS.ProcessEnv, helpers: HelperList | undefined): readonly Credentials[] {
  const own = namedFile(env, 'WINDLASS_AUTHFILE')
  if (own !== undefined) return [own]
  const text = variable(env, 'DOCKER_AUTH_CONFIG')
  const inVariable = text === undefined ? [] : [credentialsVariable('DOCKER_AUTH_CONFIG', text, env)]
  const named = namedFile(env, 'REGISTRY_AUTH_FILE')
  const files =
    named === undefined
      ? loginFiles(env).map(({ path }) =>
          credentialsFile(path, { optional: true, skipUnreadable: true, env }),
        )
      : [named]
  if (helpers === undefined) return [...inVariable, ...files]
  return [...inVariable, configuredHelpers({ list: helpers, files: firstOf(...files), env })]
}

/**
 * Returns the file of the options, otherwise those that an environment variable names, otherwise the files that
 * `podman login` and `docker login` write, in order of precedence. They need not exist.
 */
export function credentialsFiles(
  { authFile }: Pick<OpenOptions, 'authFile'>,
  env: NodeJS.ProcessEnv = process.env,
): readonly CredentialsFile[] {
  if (authFile !== undefined) return [{ path: authFile }]
  for (const namedBy of ['WINDLASS_AUTHFILE', 'REGISTRY_AUTH_FILE']) {
    const path = variable(env, namedBy)
    if (path !== undefined) return [{ path, namedBy }]
  }
  return loginFiles(env).map(({ path }) => ({ path }))
}

function namedFile(env: NodeJS.ProcessEnv, namedBy: string): Credentials | undefined {
  const named = variable(env, namedBy)
  return named === undefined ? undefined : credentialsFile(named, { optional: true, namedBy, env })
}
