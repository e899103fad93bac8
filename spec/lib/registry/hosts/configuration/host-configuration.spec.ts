import { chmodSync, mkdirSync, utimesSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { hostConfiguration } from '../../../../../lib/registry/hosts/configuration/host-configuration.js'
import type { HostConfigurationOptions } from '../../../../../lib/registry/hosts/host-places.js'
import { certificate, key } from '../../../../support/certificate.js'
import { temporaryDirectory } from '../../../../support/temporary-directory.js'

const directory = temporaryDirectory()
let count = 0

interface Machine {
  readonly root: string
  readonly write: (name: string, text: string) => string
  readonly configuration: (options?: HostConfigurationOptions) => ReturnType<typeof hostConfiguration>
  /** The mirrors of a repository, of team/app by default. */
  readonly mirrorsOf: (registry: string, options?: HostConfigurationOptions) => Promise<readonly string[]>
}

/** A machine with these files: `etc/…` are those of the system, `home/…` those of the user. */
function machineWith(files: Readonly<Record<string, string>> = {}): Machine {
  const root = join(directory, String(count++))
  const write = (name: string, text: string): string => {
    mkdirSync(dirname(join(root, name)), { recursive: true })
    writeFileSync(join(root, name), text)
    return join(root, name)
  }
  for (const [name, text] of Object.entries(files)) write(name, text)
  const configuration = (options: HostConfigurationOptions = {}) =>
    hostConfiguration({ env: {}, home: join(root, 'home'), root, isRoot: false, ...options })
  return {
    ...{ root, write, configuration },
    async mirrorsOf(registry, options) {
      const { mirrors } = await configuration(options).hostsOf({ registry, repository: 'team/app' })
      return mirrors.map(({ host }) => host)
    },
  }
}

const registry = (location: string, mirror: string, more = ''): string =>
  `[[registry]]\nlocation = "${location}"\n${more}\nmirror = [{ location = "${mirror}" }]\n`

const system = 'etc/containers/registries.conf'
const user = 'home/.config/containers/registries.conf'

describe('the kinds of files', () => {
  const all = {
    [user]: registry('docker.io', 'user.lan'),
    'etc/containerd/certs.d/docker.io/hosts.toml': '[host."https://containerd.lan"]',
    'etc/containerd/certs.d/_default/hosts.toml': '[host."https://default.lan"]',
    [system]: registry('docker.io', 'system.lan') + registry('quay.io', 'system.lan'),
    'etc/docker/daemon.json': '{"registry-mirrors": ["https://docker.lan"]}',
  }
  const without = (...names: readonly string[]) =>
    machineWith(Object.fromEntries(Object.entries(all).filter(([name]) => !names.includes(name))))

  it('decide in their order, the first one that names the registry', async () => {
    const names = Object.keys(all)
    const containerd = names[1] ?? ''
    const hub = (...missing: readonly string[]) => without(...missing).mirrorsOf('docker.io')
    expect(await hub()).toEqual(['user.lan'])
    expect(await hub(user)).toEqual(['containerd.lan'])
    expect(await hub(user, containerd)).toEqual(['system.lan'])
    expect(await hub(user, containerd, system)).toEqual(['docker.lan'])
    expect(await hub(user, containerd, system, 'etc/docker/daemon.json')).toEqual(['default.lan'])
    expect(await without(user).mirrorsOf('quay.io')).toEqual(['system.lan'])
    expect(await without().mirrorsOf('ghcr.io')).toEqual(['default.lan'])
    expect(await machineWith().configuration().hostsOf({ registry: 'a', repository: 'b' })).toEqual({
      mirrors: [],
    })
  })

  it('that options name decide before all others, and must exist', async () => {
    const machine = machineWith({
      ...all,
      'own/registries.conf': registry('quay.io', 'own-registries.lan'),
      'own/hosts/docker.io/hosts.toml': '[host."https://own-hosts.lan"]',
      'own/daemon.json': '{"registry-mirrors": ["https://own-daemon.lan"]}',
    })
    const own = (name: string): string => join(machine.root, 'own', name)
    const [registriesConf, hostsDir, daemonJson] = ['registries.conf', 'hosts', 'daemon.json'].map(own)
    expect(await machine.mirrorsOf('docker.io', { daemonJson: daemonJson ?? '' })).toEqual(['own-daemon.lan'])
    expect(
      await machine.mirrorsOf('docker.io', { daemonJson: daemonJson ?? '', hostsDir: hostsDir ?? '' }),
    ).toEqual(['own-hosts.lan'])
    expect(await machine.mirrorsOf('quay.io', { registriesConf: registriesConf ?? '' })).toEqual([
      'own-registries.lan',
    ])
    expect(await machine.mirrorsOf('docker.io', { registriesConf: registriesConf ?? '' })).toEqual([
      'containerd.lan',
    ])
    for (const name of ['registriesConf', 'hostsDir', 'daemonJson'])
      await expect(machine.mirrorsOf('docker.io', { [name]: own('none') })).rejects.toMatchObject({
        ...{ code: 'USAGE', message: `The option ${name} names "${own('none')}", which does not exist` },
      })
  })

  it('do not lift a block of registries.conf, unless an option names the file', async () => {
    const machine = machineWith({
      ...all,
      [user]: '[[registry]]\nlocation = "docker.io/team"\nblocked = true',
    })
    const hosts = (options?: HostConfigurationOptions) =>
      machine.configuration(options).hostsOf({ registry: 'docker.io', repository: 'team/app' })
    expect(await hosts()).toEqual({
      ...{ mirrors: [], blockedBy: join(machine.root, user), configuredBy: join(machine.root, user) },
    })
    const hostsDir = join(machine.root, 'etc/containerd/certs.d')
    expect(await hosts({ hostsDir })).toMatchObject({ mirrors: [{ host: 'containerd.lan' }] })
  })
})

describe('the files of registries.conf', () => {
  it('are the main file and drop-in files, the last of which have precedence', async () => {
    const { mirrorsOf, configuration, root } = machineWith({
      'usr/share/containers/registries.conf': registry('a.lan', 'share.lan'),
      'usr/share/containers/registries.conf.d/10.conf': registry('a.lan', 'share-10.lan'),
      'usr/share/containers/registries.conf.d/30.conf': registry('b.lan', 'share-30.lan'),
      'etc/containers/registries.conf.d/10.conf': registry('a.lan', 'etc-10.lan'),
      'etc/containers/registries.conf.d/20.conf':
        registry('c.lan', 'etc-20.lan') + '[aliases]\na = "quay.io/etc"\nb = "quay.io/etc"',
      'etc/containers/registries.conf.d/99.txt': '[',
      'home/.config/containers/registries.conf.d/05.conf':
        'unqualified-search-registries = ["user.lan"]\n' + registry('c.lan', 'user-05.lan'),
      'home/.cache/containers/short-name-aliases.conf': '[aliases]\na = "quay.io/recorded"',
      'var/cache/containers/short-name-aliases.conf': '[aliases]\na = "quay.io/root"',
    })
    expect(await mirrorsOf('a.lan')).toEqual(['etc-10.lan'])
    expect(await mirrorsOf('b.lan')).toEqual(['share-30.lan'])
    expect(await mirrorsOf('c.lan')).toEqual(['user-05.lan'])
    const names = configuration().shortNames()
    expect(names).toMatchObject({
      ...{ searchRegistries: ['user.lan'], mode: 'permissive' },
      searchedBy: join(root, 'home/.config/containers/registries.conf.d/05.conf'),
    })
    expect([names.aliases.get('a')?.target, names.aliases.get('b')?.target]).toEqual([
      ...['quay.io/recorded', 'quay.io/etc'],
    ])
    expect(configuration({ isRoot: true }).shortNames().aliases.get('a')?.target).toBe('quay.io/root')
  })

  it('of the user replace those of the system', async () => {
    const { mirrorsOf } = machineWith({
      [system]: registry('a.lan', 'system.lan'),
      'etc/containers/registries.conf.d/10.conf': registry('b.lan', 'drop-in.lan'),
      [user]: registry('c.lan', 'user.lan'),
      'home/.config/containers/registries.conf.d/10.conf': registry('d.lan', 'user-drop-in.lan'),
      'config/containers/registries.conf': registry('e.lan', 'xdg.lan'),
    })
    const mirrors = await Promise.all(['a.lan', 'b.lan', 'c.lan', 'd.lan'].map((name) => mirrorsOf(name)))
    expect(mirrors).toEqual([[], [], ['user.lan'], ['user-drop-in.lan']])
  })

  it('may be named by the environment', async () => {
    const { mirrorsOf, root } = machineWith({
      [user]: registry('a.lan', 'user.lan'),
      'etc/containers/registries.conf.d/10.conf': registry('b.lan', 'drop-in.lan'),
      'own.conf': registry('a.lan', 'own.lan'),
      'own.d/10.conf': registry('b.lan', 'own-drop-in.lan'),
      'config/containers/registries.conf': registry('a.lan', 'xdg.lan'),
    })
    const own = { CONTAINERS_REGISTRIES_CONF: join(root, 'own.conf') }
    expect(await mirrorsOf('a.lan', { env: own })).toEqual(['own.lan'])
    expect(await mirrorsOf('b.lan', { env: own })).toEqual(['drop-in.lan'])
    const env = { ...own, CONTAINERS_REGISTRIES_CONF_DIR: join(root, 'own.d') }
    expect(await mirrorsOf('b.lan', { env })).toEqual(['own-drop-in.lan'])
    expect(await mirrorsOf('a.lan', { env: { XDG_CONFIG_HOME: join(root, 'config') } })).toEqual(['xdg.lan'])
    expect(await mirrorsOf('a.lan', { env: { CONTAINERS_REGISTRIES_CONF: '/dev/null' } })).toEqual([])
    await expect(mirrorsOf('a.lan', { env: { REGISTRIES_CONFIG_PATH: join(root, 'none') } })).rejects.toThrow(
      `REGISTRIES_CONFIG_PATH names "${join(root, 'none')}", which does not exist`,
    )
  })

  it('are read again after a change, and only when they are needed', async () => {
    const machine = machineWith({ [system]: registry('a.lan', 'one.lan') })
    const configuration = machine.configuration()
    const first = async () =>
      (await configuration.hostsOf({ registry: 'a.lan', repository: 'b' })).mirrors.map(({ host }) => host)
    expect(await first()).toEqual(['one.lan'])
    const file = machine.write(system, registry('a.lan', 'two.lan'))
    utimesSync(file, 1, 1)
    expect(await first()).toEqual(['two.lan'])
    machine.write(system, '[[registry]]\nlocation = ')
    await expect(first()).rejects.toMatchObject({
      ...{ code: 'USAGE', subject: { path: file }, hint: 'Correct the file, or remove it.' },
      message: `Failed to read line 2 of "${file}": it is not TOML (invalid value)`,
    })
    machine.write('etc/containerd/certs.d/other.lan/hosts.toml', '[')
    machine.write(system, '')
    expect(await first()).toEqual([])
  })

  it.skipIf(process.getuid?.() !== 0)('that the user may not read are ignored with a warning', async () => {
    const machine = machineWith({
      [system]: registry('a.lan', 'one.lan'),
      'etc/containers/certs.d/a.lan/ca.crt': certificate,
    })
    chmodSync(directory, 0o755)
    chmodSync(join(machine.root, system), 0o000)
    chmodSync(join(machine.root, 'etc/containers/certs.d/a.lan/ca.crt'), 0o000)
    const warnings: string[] = []
    const onWarning = (code: string, message: string) => warnings.push(`${code}: ${message}`)
    process.setegid?.(65_534)
    process.seteuid?.(65_534)
    try {
      const hosts = await machine
        .configuration()
        .hostsOf({ registry: 'a.lan', repository: 'b' }, { onWarning })
      expect(hosts).toEqual({ mirrors: [] })
      expect(await machine.configuration().tlsOf('a.lan', { onWarning })).toBeUndefined()
    } finally {
      process.seteuid?.(0)
      process.setegid?.(0)
    }
    expect(warnings).toContain(
      `hosts-unreadable: This user may not read "${join(machine.root, system)}": it is ignored`,
    )
    expect(warnings).toContainEqual(expect.stringContaining('certs.d/a.lan/ca.crt'))
  })
})

describe('certificates and insecure settings', () => {
  const insecure = { skipVerify: true, allowsPlainHttp: true }

  it('of a host are those of the first directory that exists', async () => {
    const machine = machineWith({
      'etc/docker/certs.d/a.lan:5000/ca.crt': certificate,
      'etc/docker/certs.d/a.lan:5000/client.cert': certificate,
      'etc/docker/certs.d/a.lan:5000/client.key': key,
      'etc/docker/certs.d/b.lan/ca.crt': certificate,
      'etc/containers/certs.d/b.lan/other': '',
      'home/.config/containers/certs.d/c.lan/ca.crt': certificate,
      'home/.config/docker/certs.d/d.lan/ca.crt': certificate,
      'etc/docker/certs.d/docker.io/ca.crt': certificate,
    })
    const tlsOf = (host: string) => machine.configuration().tlsOf(host)
    expect(await tlsOf('a.lan:5000')).toEqual({ ca: certificate, client: [{ certificate, key }] })
    expect(await tlsOf('a.lan')).toBeUndefined()
    expect(await tlsOf('b.lan')).toBeUndefined()
    for (const host of ['c.lan', 'd.lan', 'registry-1.docker.io'])
      expect(await tlsOf(host)).toEqual({ ca: certificate })
    expect(await tlsOf('../docker/certs.d/b.lan')).toBeUndefined()
  })

  it('apply to a host whichever file names it', async () => {
    const machine = machineWith({
      'etc/containerd/certs.d/docker.io/hosts.toml':
        '[host."https://mirror.lan:5000"]\n[host."https://checked.lan"]\nskip_verify = false',
      'etc/docker/certs.d/mirror.lan:5000/ca.crt': certificate,
      'etc/docker/daemon.json': '{"insecure-registries": ["mirror.lan:5000", "checked.lan"]}',
      [system]:
        '[[registry]]\nlocation = "loose.lan/team"\ninsecure = true\n[[registry]]\nlocation = "all.lan"\ninsecure = true',
    })
    const configuration = machine.configuration()
    const hub = await configuration.hostsOf({ registry: 'docker.io', repository: 'library/alpine' })
    expect(hub.mirrors.map(({ tls }) => tls)).toEqual([
      { ca: certificate, ...insecure },
      { skipVerify: false },
    ])
    expect(await configuration.hostsOf({ registry: 'loose.lan', repository: 'team/app' })).toMatchObject({
      ...{ mirrors: [], registry: { host: 'loose.lan', repository: 'team/app', tls: insecure } },
    })
    expect(await configuration.tlsOf('loose.lan')).toBeUndefined()
    expect(await configuration.tlsOf('all.lan')).toEqual(insecure)
    expect(await configuration.tlsOf('127.0.0.1:5000')).toEqual(insecure)
  })

  it('do not exist without files, also not for loopback addresses', async () => {
    expect(await machineWith().configuration().tlsOf('127.0.0.1:5000')).toBeUndefined()
  })

  it('that cannot be used are an error of the lookup', async () => {
    const machine = machineWith({ 'etc/docker/certs.d/a.lan/client.cert': certificate })
    await expect(machine.configuration().tlsOf('a.lan')).rejects.toMatchObject({
      ...{ code: 'USAGE', message: expect.stringContaining('it contains no private key') },
    })
  })
})

it('a lookup can be cancelled', async () => {
  const machine = machineWith({ [system]: '' })
  await expect(
    machine.configuration().hostsOf({ registry: 'a', repository: 'b' }, { signal: AbortSignal.abort() }),
  ).rejects.toMatchObject({ code: 'CANCELLED' })
})
