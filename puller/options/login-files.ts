/** Lists the files in which Podman, Docker and Kubernetes keep logins. */
import path from 'node:path'
import type { KeyStyle } from '../../lib/registry/index.js'
import { homeDirectory } from '../../lib/system/home-directory.js'

/** A file with logins. */
export interface LoginFilePlace {
  readonly path: string
  /** Whose file it is. */
  readonly style: KeyStyle
  /** Whether the tool writes it, or only reads it. */
  readonly isWritten: boolean
}

/**
 * Returns the files in order of precedence: those of Podman (containers-auth.json(5)), that of Docker, then forms that are
 * only read. Kubernetes mounts a secret of the type `kubernetes.io/dockerconfigjson` as the file `.dockerconfigjson`, and one
 * of the older type `kubernetes.io/dockercfg` as `.dockercfg`; `DOCKER_CONFIG` may name their directory.
 */
export function loginFiles(env: NodeJS.ProcessEnv): readonly LoginFilePlace[] {
  const runtime = variable(env, 'XDG_RUNTIME_DIR')
  const uid = process.getuid?.()
  const home = variable(env, 'HOME') ?? homeDirectory() ?? '/'
  const running =
    runtime === undefined ? `/run/containers/${uid}/auth.json` : `${runtime}/containers/auth.json`
  const config = variable(env, 'XDG_CONFIG_HOME') ?? path.join(home, '.config')
  const docker = variable(env, 'DOCKER_CONFIG')
  return [
    ...(runtime === undefined && uid === undefined ? [] : [place('podman', running)]),
    place('podman', config, 'containers', 'auth.json'),
    place('docker', docker ?? path.join(home, '.docker'), 'config.json'),
    ...(docker === undefined ? [] : [onlyRead(docker, '.dockerconfigjson'), onlyRead(docker, '.dockercfg')]),
    onlyRead(home, '.dockercfg'),
  ]
}

const place = (style: KeyStyle, ...parts: string[]): LoginFilePlace => ({
  ...{ path: path.join(...parts), style, isWritten: true },
})

const onlyRead = (...parts: string[]): LoginFilePlace => ({ ...place('docker', ...parts), isWritten: false })

/** Returns the value of a variable; an empty variable counts as not set. */
export const variable = (env: NodeJS.ProcessEnv, name: string): string | undefined => env[name] || undefined
