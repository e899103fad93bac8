/** Whose credentials a puller uses: those given to it, else those that `docker login` or `podman login` left (S0-79). */
import { existsSync } from 'node:fs'
import path from 'node:path'
import { Credential, type Credentials, firstOf, onlyFor, readDockerConfig } from '../lib/registry/index.js'
import { homeDirectory } from './home-directory.js'
import type { OpenOptions } from './options.js'

export async function credentialsFor(
  { credentials, authFile }: OpenOptions,
  env: NodeJS.ProcessEnv = process.env,
): Promise<Credentials> {
  const given = Object.entries(credentials ?? {}).map(([registry, { username, password }]) =>
    onlyFor(registry, Credential.password(username, password)),
  )
  const file = authFile ?? env['REGISTRY_AUTH_FILE'] ?? leftByLogin(env)
  const left = file === undefined ? [] : [await readDockerConfig(file)]
  return firstOf(...given, ...left)
}

/** What a login left: Podman's file, else Docker's, where there is one. */
function leftByLogin(env: NodeJS.ProcessEnv): string | undefined {
  const { XDG_RUNTIME_DIR: runtime, DOCKER_CONFIG: docker } = env
  const files = [
    ...(runtime === undefined ? [] : [path.join(runtime, 'containers', 'auth.json')]),
    path.join(docker ?? path.join(homeDirectory() ?? '/', '.docker'), 'config.json'),
  ]
  return files.find((file) => existsSync(file))
}
