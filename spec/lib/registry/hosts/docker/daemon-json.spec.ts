import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseDaemonJson } from '../../../../../lib/registry/hosts/docker/daemon-json.js'
import { dockerHosts, dockerTls } from '../../../../../lib/registry/hosts/docker/docker-hosts.js'

const path = '/etc/docker/daemon.json'
const hub = { registry: 'docker.io', repository: 'library/alpine' }
const insecure = { skipVerify: true, allowsPlainHttp: true }

describe('a daemon.json', () => {
  it('names mirrors of Docker Hub, and of no other registry', () => {
    const read = parseDaemonJson(
      `{
  "log-driver": "journald",
  "registry-mirrors": ["https://mirror.lan", "http://10.0.0.1:5000/", "https://nexus.lan/repository/hub/"]
}`,
      path,
    )
    const { repository } = hub
    expect(dockerHosts(read, { ...hub, registry: 'index.docker.io' })).toEqual({
      configuredBy: path,
      mirrors: [
        { host: 'mirror.lan', scheme: 'https', repository },
        { host: '10.0.0.1:5000', scheme: 'http', repository },
        { host: 'nexus.lan', scheme: 'https', repository, apiPath: '/repository/hub/v2/' },
      ],
    })
    expect(dockerHosts(read, { ...hub, registry: 'quay.io' })).toBeUndefined()
    expect(dockerHosts(parseDaemonJson('{}', path), hub)).toBeUndefined()
  })

  it.each([
    ['registry.lan:5000', insecure],
    ['Registry.lan:5000', insecure],
    ['registry.lan', undefined],
    ['bare.lan', insecure],
    ['10.1.2.3:5000', insecure],
    ['10.2.2.3', undefined],
    ['[fd00::1]:5000', insecure],
    ['127.0.0.1:5000', insecure],
    ['localhost', insecure],
    ['[::1]:80', insecure],
    ['docker.io', undefined],
  ])('says whether %s is insecure', (host, tls) => {
    const registries = ['registry.lan:5000', 'http://bare.lan', '10.1.0.0/16', 'fd00::/8']
    const read = parseDaemonJson(JSON.stringify({ 'insecure-registries': registries }), path)
    expect(dockerTls(read, host)).toEqual(tls)
  })

  it('may be empty', () => {
    expect(parseDaemonJson(' \n', path).mirrors).toEqual([])
  })

  it('may begin with a byte order mark', () => {
    const text = '\uFEFF{"registry-mirrors": ["https://mirror.lan"]}'
    expect(parseDaemonJson(text, path).mirrors).toMatchObject([{ host: 'mirror.lan' }])
    expect(parseDaemonJson('\uFEFF', path).mirrors).toEqual([])
  })

  it('may name single addresses and all of them', () => {
    const tls = (network: string, host: string) =>
      dockerTls(parseDaemonJson(JSON.stringify({ 'insecure-registries': [network] }), path), host)
    expect(tls('10.1.2.3/32', '10.1.2.3')).toEqual(insecure)
    expect(tls('10.1.2.3/32', '10.1.2.4')).toBeUndefined()
    expect(tls('fd00::1/128', '[fd00::1]')).toEqual(insecure)
    expect(tls('0.0.0.0/0', '8.8.8.8')).toEqual(insecure)
  })

  it.each([
    ['{\n"registry-mirrors": [],\n}', 'line 3 of "/etc/docker/daemon.json": it is not JSON'],
    ['{\n"proxies": secret', 'line 2 of "/etc/docker/daemon.json": it is not JSON'],
    ['[]', '"/etc/docker/daemon.json": it is not a JSON object'],
    [
      '{\n"registry-mirrors": "https://a"}',
      'line 2 of "/etc/docker/daemon.json": "registry-mirrors" must be an array',
    ],
    ['{"registry-mirrors": ["ftp://secret"]}', '"registry-mirrors" must contain http or https URLs'],
    ['{"insecure-registries": [5]}', '"insecure-registries" must be an array of strings'],
    ['{"insecure-registries": ["10.0.0.0/33"]}', 'a network with an invalid length'],
  ])('that is malformed is an error with its line: %j', (text, problem) => {
    const run = () => parseDaemonJson(text, path)
    expect(run).toThrow(problem)
    expect(run).toThrow(expect.objectContaining({ code: 'USAGE', subject: { path } }))
    expect(run).not.toThrow('secret')
  })

  it('never fails with anything but USAGE', () => {
    const item = fc.constantFrom(
      'https://a.lan',
      'http://[::1]:5/x',
      'a',
      '10.0.0.0/8',
      'fd00::/129',
      '1/2',
      '::/0',
      '',
    )
    const field = fc.oneof(fc.jsonValue(), fc.array(fc.oneof(item, fc.string())))
    const text = fc.oneof(
      fc.string(),
      fc.json(),
      fc
        .record({ 'registry-mirrors': field, 'insecure-registries': field })
        .map((each) => JSON.stringify(each)),
    )
    fc.assert(
      fc.property(text, fc.oneof(item, fc.string()), (content, host) => {
        try {
          dockerTls(parseDaemonJson(content, path), host)
        } catch (error) {
          expect(error).toMatchObject({ code: 'USAGE', subject: { path } })
        }
      }),
    )
  })
})
