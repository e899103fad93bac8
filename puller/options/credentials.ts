/** Selects the credentials of a puller: those of its options, or those written by `docker login` and `podman login`. */
import path from 'node:path'
import {
  Credential,
  type Credentials,
  type ImageRegistries,
  type RepositorySource,
  credentialsFile,
  firstOf,
  byRegistry,
  requireCredentialsFile,
} from '../../lib/registry/index.js'
import { homeDirectory } from './home-directory.js'
import type { OpenOptions } from './options.js'

/**
 * Returns the credentials. Files are read when credentials are needed.
 * @throws USAGE when `authFile` does not exist. A file that an environment variable names may be missing.
 */
export async function credentialsFor(
  { credentials, authFile }: OpenOptions,
  env: NodeJS.ProcessEnv = process.env,
): Promise<Credentials> {
  if (authFile !== undefined) await requireCredentialsFile(authFile)
  const files = authFile === undefined ? defaultFiles(env) : [credentialsFile(authFile)]
  return firstOf(givenCredentials(credentials ?? {}), ...files)
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
 * Returns the file that an environment variable names, otherwise the files that `podman login` and `docker login`
 * write, in order of precedence.
 */
function defaultFiles(env: NodeJS.ProcessEnv): readonly Credentials[] {
  for (const namedBy of ['WINDLASS_AUTHFILE', 'REGISTRY_AUTH_FILE']) {
    const named = variable(env, namedBy)
    if (named !== undefined) return [credentialsFile(named, { optional: true, namedBy })]
  }
  return loginFiles(env).map((file) => credentialsFile(file, { optional: true, skipUnreadable: true }))
}

/** Returns the files of Podman (containers-auth.json(5)) and Docker. */
function loginFiles(env: NodeJS.ProcessEnv): readonly string[] {
  const runtime = variable(env, 'XDG_RUNTIME_DIR')
  const uid = process.getuid?.()
  const home = homeDirectory() ?? '/'
  const podman =
    runtime === undefined ? `/run/containers/${uid}/auth.json` : `${runtime}/containers/auth.json`
  const config = variable(env, 'XDG_CONFIG_HOME') ?? path.join(home, '.config')
  const docker = variable(env, 'DOCKER_CONFIG') ?? path.join(home, '.docker')
  return [
    ...(runtime === undefined && uid === undefined ? [] : [podman]),
    path.join(config, 'containers', 'auth.json'),
    path.join(docker, 'config.json'),
  ]
}

/** Returns the value of a variable; an empty variable counts as not set. */
const variable = (env: NodeJS.ProcessEnv, name: string): string | undefined => env[name] || undefined
