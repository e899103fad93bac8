/** The places of the files that configure hosts, also for a user without a home directory. */
import { describe, expect, it, vi } from 'vitest'
import { hostPlaces } from '../../../../lib/registry/hosts/host-places.js'

const home = vi.hoisted(() => ({ current: undefined as string | undefined }))
vi.mock('../../../../lib/system/home-directory.js', () => ({ homeDirectory: () => home.current }))

describe('hostPlaces', () => {
  it('lists the files of the user before those of the system', () => {
    const places = hostPlaces({ env: {}, home: '/home/a', isRoot: false })
    expect(places.containerd).toEqual(['/home/a/.config/containerd/certs.d', '/etc/containerd/certs.d'])
    expect(places.docker).toEqual(['/home/a/.config/docker/daemon.json', '/etc/docker/daemon.json'])
    expect(places.certificates).toEqual([
      '/home/a/.config/containers/certs.d',
      '/etc/containers/certs.d',
      '/home/a/.config/docker/certs.d',
      '/etc/docker/certs.d',
    ])
    expect(places.containers.userFiles).toEqual(['/home/a/.config/containers/registries.conf'])
    expect(places.containers.recordedAliases).toEqual(['/home/a/.cache/containers/short-name-aliases.conf'])
  })

  it('prefers XDG_CONFIG_HOME and XDG_CACHE_HOME', () => {
    const env = { XDG_CONFIG_HOME: '/config', XDG_CACHE_HOME: '/cache' }
    const places = hostPlaces({ env, home: '/home/a', isRoot: false })
    expect(places.containerd[0]).toBe('/config/containerd/certs.d')
    expect(places.containers.userFiles).toEqual([
      '/config/containers/registries.conf',
      '/home/a/.config/containers/registries.conf',
    ])
    expect(places.containers.recordedAliases).toEqual(['/cache/containers/short-name-aliases.conf'])
  })

  it('treats an empty variable as one that is not set', () => {
    const names = [
      'XDG_CONFIG_HOME',
      'XDG_CACHE_HOME',
      'CONTAINERS_REGISTRIES_CONF',
      'CONTAINERS_REGISTRIES_CONF_DIR',
    ]
    const env = Object.fromEntries(names.map((name) => [name, '']))
    const places = { home: '/home/a', isRoot: false }
    expect(hostPlaces({ ...places, env })).toEqual(hostPlaces({ ...places, env: {} }))
  })

  it('lists those of the system alone for a user without a home directory', () => {
    home.current = undefined
    const places = hostPlaces({ env: {}, isRoot: false })
    expect(places.containerd).toEqual(['/etc/containerd/certs.d'])
    expect(places.docker).toEqual(['/etc/docker/daemon.json'])
    expect(places.certificates).toEqual(['/etc/containers/certs.d', '/etc/docker/certs.d'])
    expect(places.containers.userFiles).toEqual([])
    expect(places.containers.userDirectories).toEqual([])
    expect(places.containers.recordedAliases).toEqual([])
  })
})
