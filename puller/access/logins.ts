/**
 * Logs in to registries and out of them: checks a login with the registry, and saves it in a file that Docker, Podman and
 * Windlass read, or in the credential helper that the file names.
 */
import path from 'node:path'
import { WindlassError } from '../../lib/errors.js'
import { quoted } from '../../lib/codec/printable.js'
import {
  Credential,
  type Login,
  LoginFile,
  type LoginPlace,
  parseCredentialKey,
} from '../../lib/registry/index.js'
import { checkArgument } from '../options/check-options.js'
import { credentialsFor } from '../options/credentials.js'
import { loginFiles, variable } from '../options/login-files.js'
import { anyText } from '../options/option-codecs.js'
import type { OpenOptions, RegistryCredentials } from '../options/options.js'
import { registriesFor } from '../options/registries-for.js'

/** Options of `logIn`, `logOut` and `findLogin`. */
export interface LoginOptions {
  /** The file with the logins; it need not exist. Default: those that Windlass reads. */
  readonly authFile?: string
  /** How to reach the registry: the options of `open` for connections. */
  readonly connection?: Omit<OpenOptions, 'authFile' | 'credentials' | 'store'>
  /** Environment with the variables that name files, and of credential helpers (default `process.env`). */
  readonly env?: NodeJS.ProcessEnv
  readonly signal?: AbortSignal
  /** Receives problems that were ignored, without secrets. */
  readonly onWarning?: (message: string, code: string) => void
}

/**
 * Checks a login with a registry and saves it. If the token server issues an identity token, that is saved in place of the
 * password, as by `docker login`.
 *
 * It is saved in the file `authFile`, else in the one that `WINDLASS_AUTHFILE` or `REGISTRY_AUTH_FILE` names; else in the
 * first file that has a login for this name already, since Windlass would read that one first; else in the file of Docker,
 * or in that of Podman if only that exists. The login for a namespace is saved in the file of Podman, since Docker would
 * use it for the whole registry. A credential helper that the file names for the registry gets the login in place of the file.
 *
 * @param name - `quay.io`, `docker.io`, or a namespace such as `quay.io/team`
 * @throws UNAUTHORIZED, DENIED when the registry refuses the login; USAGE when it cannot be saved; REFERENCE_INVALID; network
 * errors; CANCELLED
 */
export async function logIn(
  name: string,
  { username, password }: RegistryCredentials,
  options: LoginOptions = {},
): Promise<LoginPlace> {
  const key = keyOf('logIn', name)
  if (username.includes(':'))
    throw new WindlassError('USAGE', `The user name ${quoted(username)} contains a colon`, {
      hint: 'HTTP cannot send such a name: the colon separates it from the password.',
    })
  // Before the password is sent: a file that cannot be read could not be written.
  const file = await fileForLogin(key, options)
  let identityToken: string | undefined
  const credential = Credential.of({
    ...{ username, password, onIdentityToken: (issued: string) => (identityToken = issued) },
  })
  const { signal } = options
  const registries = await registriesFor(options.connection ?? {})
  try {
    await registries.checkLogin(parseCredentialKey(key).registry, credential, signal)
  } finally {
    await registries.close()
  }
  const login: Login = identityToken === undefined ? { username, password } : { username, identityToken }
  return file.save(key, login, signal)
}

/**
 * Removes the login for a registry or namespace from all places that Windlass reads, or from `authFile` only.
 * Returns the places that had one.
 * @param name - as for `logIn`; undefined: all logins
 * @throws USAGE when a file cannot be read or written, or a helper fails; CANCELLED
 */
export async function logOut(
  name: string | undefined,
  options: LoginOptions = {},
): Promise<readonly LoginPlace[]> {
  const { signal, onWarning } = options
  const key = name === undefined ? undefined : keyOf('logOut', name)
  const places: LoginPlace[] = []
  const onFailure = (error: WindlassError): void => onWarning?.(error.message, 'credential-helper-failed')
  for (const file of await existingFiles(options)) {
    if (key === undefined) places.push(...(await file.removeAll(onFailure, signal)))
    else {
      const removed = await file.remove(key, signal)
      if (removed !== undefined) places.push(removed)
    }
  }
  return places
}

/**
 * Returns the user name of the login that Windlass would use for a registry or namespace; undefined if there is none. The
 * name of a login that has only a token may be `<token>`.
 * @throws USAGE when a file cannot be read or a helper fails; CANCELLED
 */
export async function findLogin(
  name: string,
  options: LoginOptions = {},
): Promise<{ readonly username: string } | undefined> {
  const { registry, path: namespace } = parseCredentialKey(keyOf('findLogin', name))
  const { signal, onWarning, env, authFile } = options
  const credentials = await credentialsFor(authFile === undefined ? {} : { authFile }, env)
  const found = await credentials.for(
    { registry, repository: namespace.join('/') },
    { signal, onWarning: (code, message) => onWarning?.(message, code) },
  )
  return found && { username: found.username === '' ? '<token>' : found.username }
}

/** Returns the canonical key of a name. @throws REFERENCE_INVALID when it names no registry */
function keyOf(operation: string, name: string): string {
  checkArgument(operation, 'name', anyText, name)
  const { registry, path: namespace } = parseCredentialKey(name)
  if (!/^(?:[a-z0-9]+(?:[.-]+[a-z0-9]+)*|\[[0-9a-f:.]+\])(?::\d{1,5})?$/.test(registry))
    throw new WindlassError('REFERENCE_INVALID', `${quoted(name)} is not the name of a registry`, {
      hint: 'Name a host, such as quay.io or registry.example:5000, or a namespace of it, such as quay.io/team.',
    })
  return [registry, ...namespace].join('/')
}

/** Returns the file that is named, if one is. Its style is that of Docker if its name is that of Docker's file. */
function namedFile({ authFile, env = process.env }: LoginOptions): LoginFile | undefined {
  const named = authFile ?? variable(env, 'WINDLASS_AUTHFILE') ?? variable(env, 'REGISTRY_AUTH_FILE')
  if (named === undefined) return undefined
  return new LoginFile(named, path.basename(named) === 'config.json' ? 'docker' : 'podman', { env })
}

async function fileForLogin(key: string, options: LoginOptions): Promise<LoginFile> {
  const named = namedFile(options)
  if (named !== undefined) return named
  const { env = process.env } = options
  const files = loginFiles(env)
    .filter(({ isWritten }) => isWritten)
    .map((place) => new LoginFile(place.path, place.style, { env }))
  for (const file of files) if (await file.mentions(key)) return file
  const [docker, podman] = (['docker', 'podman'] as const).map((style) =>
    files.filter((file) => file.style === style),
  )
  // The last is the one in the home directory: the other is removed when the machine stops.
  const ofPodman = (await firstExisting(podman ?? [])) ?? podman?.at(-1)
  if (key.includes('/') && ofPodman !== undefined) return ofPodman
  const [ofDocker] = docker ?? []
  if (ofDocker === undefined) throw new WindlassError('INTERNAL', 'There is no place for a login')
  if (await ofDocker.exists()) return ofDocker
  return (await firstExisting(podman ?? [])) ?? ofDocker
}

async function firstExisting(files: readonly LoginFile[]): Promise<LoginFile | undefined> {
  for (const file of files) if (await file.exists()) return file
  return undefined
}

async function existingFiles(options: LoginOptions): Promise<readonly LoginFile[]> {
  const named = namedFile(options)
  if (named !== undefined) return [named]
  const { env = process.env } = options
  const files = loginFiles(env).map((place) => new LoginFile(place.path, place.style, { env }))
  const exist = await Promise.all(files.map((file) => file.exists()))
  return files.filter((_, index) => exist[index])
}
