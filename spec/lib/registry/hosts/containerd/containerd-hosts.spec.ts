import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ContainerdDirectories } from '../../../../../lib/registry/hosts/containerd/containerd-hosts.js'
import { HostFiles } from '../../../../../lib/registry/hosts/files/host-files.js'
import { certificate, key } from '../../../../support/certificate.js'
import { temporaryDirectory } from '../../../../support/temporary-directory.js'

const directory = temporaryDirectory()
let count = 0

/** A directory like `/etc/containerd/certs.d` with these files. */
function directoriesWith(files: Readonly<Record<string, string>>) {
  const root = join(directory, String(count++))
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true })
    writeFileSync(join(root, name), text)
  }
  const directories = new ContainerdDirectories([root], new HostFiles())
  return {
    root,
    directories,
    hostsOf: (registry: string, repository = 'team/app') =>
      directories.hostsOf({ registry, repository })?.hosts,
  }
}

describe('the directories of containerd', () => {
  it('are looked up as HOST_PORT_, HOST:PORT and _default', () => {
    const { hostsOf, directories } = directoriesWith({
      'a.lan_5000_/hosts.toml': '[host."https://one"]',
      'a.lan:5000/hosts.toml': '[host."https://never"]',
      'b.lan:5000/hosts.toml': '[host."https://two"]',
      'a.lan/hosts.toml': '[host."https://three"]',
      '_default/hosts.toml': '[host."https://four"]',
    })
    const firstHost = (registry: string) => hostsOf(registry)?.mirrors[0]?.host
    expect(
      ['a.lan:5000', 'b.lan:5000', 'a.lan', 'a.lan:5001', '_default', '../a.lan', '..'].map(firstHost),
    ).toEqual([...['one', 'two', 'three', 'four', undefined, undefined, undefined]])
    const isDefault = (registry: string) => directories.hostsOf({ registry, repository: 'app' })?.isDefault
    expect(['a.lan', 'c.lan'].map(isDefault)).toEqual([false, true])
  })

  it('make the hosts of a repository, with paths, namespace, scheme and trust', () => {
    const { hostsOf, root } = directoriesWith({
      'docker.io/hosts.toml': `server = "https://docker.io"
[host."https://pull-only.lan"]
  capabilities = ["pull"]
[host."http://mirror.lan:5000/hub"]
  dial_timeout = "250ms"
[host."https://api.lan/v2"]
[host."https://root.lan"]
  override_path = true
[host."https://own.lan/api/hub/"]
  override_path = true
  header = { x-token = "t" }
[host."https://push.lan"]
  capabilities = ["push", "resolve"]
[host."https://registry-1.docker.io"]
`,
    })
    const repository = 'library/alpine'
    const namespace = 'docker.io'
    expect(hostsOf('index.docker.io', repository)).toEqual({
      configuredBy: join(root, 'docker.io/hosts.toml'),
      mirrors: [
        { host: 'pull-only.lan', scheme: 'https', repository, manifests: 'digests', namespace },
        {
          ...{ host: 'mirror.lan:5000', scheme: 'http', apiPath: '/hub/v2/', repository, namespace },
          dialTimeout: 250,
        },
        { host: 'api.lan', scheme: 'https', repository, namespace },
        { host: 'root.lan', scheme: 'https', apiPath: '/', repository, namespace },
        {
          host: 'own.lan',
          scheme: 'https',
          apiPath: '/api/hub/',
          repository,
          namespace,
          headers: { 'x-token': 't' },
        },
        { host: 'registry-1.docker.io', scheme: 'https', repository },
      ],
      registry: { host: 'registry-1.docker.io', scheme: 'https', repository },
    })
  })

  it('use the registry itself if there is no server, with the settings of the file', () => {
    const { hostsOf } = directoriesWith({
      'plain.lan/hosts.toml': 'capabilities = ["push"]\n[host."https://m"]',
      'own.lan/hosts.toml': 'skip_verify = true\ncapabilities = ["push"]',
    })
    expect(hostsOf('plain.lan')).not.toHaveProperty('registry')
    expect(hostsOf('plain.lan')).not.toHaveProperty('usesMirrorsOnly')
    expect(hostsOf('own.lan')).toMatchObject({
      mirrors: [],
      registry: { host: 'own.lan', repository: 'team/app', tls: { skipVerify: true } },
    })
  })

  it('name another server for all registries, or none that may be pulled from', () => {
    const { hostsOf } = directoriesWith({
      '_default/hosts.toml': 'server = "https://all.lan:5000"',
      'push.lan/hosts.toml': 'server = "https://push.lan"\ncapabilities = ["push"]\n[host."https://m"]',
    })
    expect(hostsOf('quay.io')?.registry).toEqual({
      ...{ host: 'all.lan:5000', scheme: 'https', repository: 'team/app', namespace: 'quay.io' },
    })
    expect(hostsOf('push.lan')).toMatchObject({ usesMirrorsOnly: true, mirrors: [{ host: 'm' }] })
    expect(hostsOf('push.lan')).not.toHaveProperty('registry')
  })

  it('try TLS before plain HTTP if TLS is configured for a host with the scheme http', () => {
    const { hostsOf } = directoriesWith({
      'docker.io/hosts.toml': `server = "https://registry-1.docker.io"

[host."http://192.168.31.250:5000"]
  capabilities = ["pull", "resolve", "push"]
  skip_verify = true
[host."http://192.168.31.250:80"]
  skip_verify = true
`,
    })
    expect(hostsOf('docker.io')?.mirrors).toMatchObject([
      { scheme: 'https', tls: { skipVerify: true, allowsPlainHttp: true } },
      { scheme: 'http', host: '192.168.31.250:80', tls: { skipVerify: true } },
    ])
  })

  it('contain certificates, with and without a hosts.toml', () => {
    const { hostsOf, directories } = directoriesWith({
      'a.lan/ca.crt': certificate,
      'a.lan/client.cert': certificate,
      'a.lan/client.key': key,
      'a.lan/other.cert': certificate + key,
      'a.lan/lonely.key': key,
      'b.lan/own.pem': certificate,
      'b.lan/pair.pem': certificate + key,
      'b.lan/hosts.toml': 'ca = "own.pem"\nclient = ["pair.pem"]\n[host."https://m"]\nca = ["own.pem"]',
      'c.lan/hosts.toml': 'server = "https://d.lan"\nskip_verify = true',
    })
    const client = [
      { certificate, key },
      { certificate: certificate + key, key: certificate + key },
    ]
    expect(hostsOf('a.lan')).toBeUndefined()
    expect(directories.tlsOf('a.lan')).toEqual({ ca: certificate, client })
    const tls = { ca: certificate, client: client.slice(1) }
    expect(hostsOf('b.lan')).toMatchObject({ mirrors: [{ tls: { ca: certificate } }], registry: { tls } })
    expect(directories.tlsOf('b.lan')).toEqual(tls)
    expect(directories.tlsOf('c.lan')).toBeUndefined()
    expect(directories.tlsOf('e.lan')).toBeUndefined()
  })

  it('for all registries are certificates, and settings of registries but not of mirrors', () => {
    const certificates = directoriesWith({ '_default/ca.crt': certificate })
    expect(certificates.directories.tlsOf('any.lan')).toEqual({ ca: certificate })
    const settings = directoriesWith({ '_default/hosts.toml': 'skip_verify = true' })
    expect(settings.directories.tlsOf('any.lan')).toBeUndefined()
    expect(settings.hostsOf('any.lan')?.registry?.tls).toEqual({ skipVerify: true })
  })

  it.each([
    ['ca = "none.pem"', /hosts.toml" names ".*none.pem", which does not exist/],
    ['ca = "text.pem"', /text.pem": it contains no certificate/],
    ['client = "certificate.pem"', /certificate.pem": it contains no private key/],
    ['client = [["certificate.pem", "other-key.pem"]]', /other-key.pem": its private key does not belong/],
    ['ca = "."', /it is a directory/],
  ])('are refused if a certificate cannot be used: %s', (text, message) => {
    const { hostsOf } = directoriesWith({
      'a/hosts.toml': text,
      'a/text.pem': 'none',
      'a/certificate.pem': certificate,
      'a/other-key.pem': '-----BEGIN PRIVATE KEY-----\nMIGH\n-----END PRIVATE KEY-----\n',
    })
    expect(() => hostsOf('a')).toThrow(message)
  })
})
