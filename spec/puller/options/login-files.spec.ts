import { describe, expect, it } from 'vitest'
import { loginFiles } from '../../../puller/options/login-files.js'

describe('the files with logins', () => {
  const paths = (env: NodeJS.ProcessEnv) => loginFiles(env).map(({ path }) => path)

  it('are those of Podman, then that of Docker, then those that are only read', () => {
    const env = { HOME: '/home/me', XDG_RUNTIME_DIR: '/run/me' }
    expect(loginFiles(env)).toEqual([
      { path: '/run/me/containers/auth.json', style: 'podman', isWritten: true },
      { path: '/home/me/.config/containers/auth.json', style: 'podman', isWritten: true },
      { path: '/home/me/.docker/config.json', style: 'docker', isWritten: true },
      { path: '/home/me/.dockercfg', style: 'docker', isWritten: false },
    ])
  })

  it('are in the directory of DOCKER_CONFIG, also in the forms of Kubernetes, and in that of XDG_CONFIG_HOME', () => {
    const env = {
      HOME: '/home/me',
      XDG_RUNTIME_DIR: '/run/me',
      XDG_CONFIG_HOME: '/config',
      DOCKER_CONFIG: '/secret',
    }
    expect(paths(env).slice(1)).toEqual([
      ...['/config/containers/auth.json', '/secret/config.json'],
      ...['/secret/.dockerconfigjson', '/secret/.dockercfg', '/home/me/.dockercfg'],
    ])
    expect(
      loginFiles(env)
        .slice(3)
        .map(({ isWritten }) => isWritten),
    ).toEqual([false, false, false])
  })

  it('are found without a runtime directory by the user, and with empty variables as without them', () => {
    const env = { HOME: '/home/me', XDG_RUNTIME_DIR: '', XDG_CONFIG_HOME: '', DOCKER_CONFIG: '' }
    expect(paths(env)).toEqual([
      `/run/containers/${process.getuid?.()}/auth.json`,
      ...['/home/me/.config/containers/auth.json', '/home/me/.docker/config.json', '/home/me/.dockercfg'],
    ])
  })
})
