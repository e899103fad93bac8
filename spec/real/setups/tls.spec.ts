/**
 * What the files of Podman, Docker and containerd say about the certificates of a registry whose authority no system knows: with
 * each setting, Windlass accepts or refuses the registry as skopeo, podman and `ctr` do.
 */
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { putImage, tinyImage } from '../../../lib/testing/images/index.js'
import { startRegistry, type TestRegistry } from '../../../lib/testing/registry/index.js'
import { runWindlass } from '../../../testbench/harness/command-line.js'
import { describeReal } from '../../../testbench/harness/components.js'
import { type Containerd, startContainerd } from '../../../testbench/harness/containerd.js'
import { type Authority, createAuthority, startMutualTls } from '../../support/setups/authority.js'
import { Setup } from '../../support/setups/setup.js'
import { Visits } from '../../support/setups/visits.js'

const image = tinyImage({ format: 'docker' })
const repository = 'team/app'

/** The kinds of registries: without TLS, with it, and with certificates of clients. */
type Kind = 'plain' | 'tls' | 'mutual'

/** Files below the home directory. In names and texts, `HOST` is the registry. */
type Files = Readonly<
  Record<string, 'ca' | 'other ca' | 'client cert' | 'client key' | { readonly text: string }>
>

const conf = '.config/containers/registries.conf'
const insecure = { text: '[[registry]]\nlocation = "HOST"\ninsecure = true\n' }
const secure = { text: '[[registry]]\nlocation = "HOST"\n' }
const certificates = '.config/containers/certs.d/HOST'

/** The registry, the files, and whether the registry is accepted. */
const ofPodman: readonly (readonly [title: string, kind: Kind, files: Files, isAccepted: boolean])[] = [
  ['no file', 'tls', {}, false],
  ['insecure = false', 'tls', { [conf]: secure }, false],
  ['insecure = true', 'tls', { [conf]: insecure }, true],
  ['insecure = true, for plain HTTP', 'plain', { [conf]: insecure }, true],
  ['the authority in certs.d', 'tls', { [`${certificates}/a.crt`]: 'ca' }, true],
  ['another authority in certs.d', 'tls', { [`${certificates}/a.crt`]: 'other ca' }, false],
  ['a file in certs.d that is no *.crt', 'tls', { [`${certificates}/a.pem`]: 'ca' }, false],
  [
    'another authority and insecure',
    'tls',
    { [conf]: insecure, [`${certificates}/a.crt`]: 'other ca' },
    true,
  ],
  ['the authority without a client', 'mutual', { [`${certificates}/a.crt`]: 'ca' }, false],
  ['insecure without a client', 'mutual', { [conf]: insecure }, false],
  [
    'a client and insecure',
    'mutual',
    {
      ...{
        [conf]: insecure,
        [`${certificates}/c.cert`]: 'client cert',
        [`${certificates}/c.key`]: 'client key',
      },
    },
    true,
  ],
]

const toml = 'hosts/registry.example/hosts.toml'
const server = (more: string) => ({ text: `server = "SCHEME://HOST"\n${more}\n[host]\n` })

const ofContainerd: typeof ofPodman = [
  ['no setting', 'tls', { [toml]: server('') }, false],
  ['skip_verify = true', 'tls', { [toml]: server('skip_verify = true') }, true],
  ['skip_verify = false', 'tls', { [toml]: server('skip_verify = false') }, false],
  ['plain HTTP', 'plain', { [toml]: server('') }, true],
  ['ca', 'tls', { [toml]: server('ca = "a.pem"'), 'hosts/registry.example/a.pem': 'ca' }, true],
  [
    'another ca',
    'tls',
    { [toml]: server('ca = "a.pem"'), 'hosts/registry.example/a.pem': 'other ca' },
    false,
  ],
  [
    'another ca and skip_verify = true',
    'tls',
    { [toml]: server('ca = "a.pem"\nskip_verify = true'), 'hosts/registry.example/a.pem': 'other ca' },
    true,
  ],
  ['skip_verify without a client', 'mutual', { [toml]: server('skip_verify = true') }, false],
  [
    'a client and skip_verify = true',
    'mutual',
    {
      [toml]: server('skip_verify = true\nclient = [["c.pem", "c.key"]]'),
      'hosts/registry.example/c.pem': 'client cert',
      'hosts/registry.example/c.key': 'client key',
    },
    true,
  ],
]

describeReal('the settings of TLS, with an authority of its own,', () => {
  const visits = new Visits()
  const open: { close(): Promise<void> }[] = []
  const hosts = new Map<Kind, string>()
  let directory = ''
  let authority: Authority
  let other: Authority
  let containerd: Containerd

  beforeAll(async () => {
    await runWindlass(['version']) // builds the command
    directory = await mkdtemp(join(tmpdir(), 'windlass-tls-'))
    const created = async (name: string): Promise<Authority> => {
      await mkdir(join(directory, name))
      return createAuthority(join(directory, name))
    }
    ;[authority, other, containerd] = [await created('one'), await created('other'), await startContainerd()]
    const serve = async (options?: Parameters<typeof startRegistry>[0]): Promise<TestRegistry> => {
      const registry = await startRegistry(options)
      open.push(registry)
      await putImage(registry, repository, '1', image)
      return registry
    }
    const plain = await serve()
    const front = await startMutualTls(authority, plain.url)
    open.push(front)
    hosts.set('plain', plain.host)
    hosts.set('tls', (await serve({ tls: authority.server })).host)
    hosts.set('mutual', front.host)
  }, 300_000)
  afterAll(async () => {
    await containerd.stop()
    for (const each of open.splice(0).reverse()) await each.close()
    await rm(directory, { recursive: true, force: true })
  })

  async function setUp(kind: Kind, files: Files): Promise<{ readonly setup: Setup; readonly host: string }> {
    const setup = await Setup.create(visits)
    const host = hosts.get(kind) ?? ''
    const scheme = kind === 'plain' ? 'http' : 'https'
    const texts = {
      ...{ ca: authority.ca, 'other ca': other.ca },
      ...{ 'client cert': authority.client.cert, 'client key': authority.client.key },
    }
    for (const [name, content] of Object.entries(files)) {
      const text = typeof content === 'string' ? texts[content] : content.text
      await setup.write(name.replace('HOST', host), text.replaceAll('HOST', host).replace('SCHEME', scheme))
    }
    return { setup, host }
  }

  const succeeds = (work: Promise<unknown>): Promise<boolean> =>
    work.then(
      () => true,
      () => false,
    )

  it.each(ofPodman)('by the files of Podman: %s', async (_, kind, files, isAccepted) => {
    const { setup, host } = await setUp(kind, files)
    const name = `${host}/${repository}:1`
    expect({
      windlass: (await setup.windlass('inspect', name)).exit === 0,
      skopeo: await succeeds(setup.skopeo('inspect', `docker://${name}`)),
      podman: await succeeds(setup.podman('pull', '--quiet', name)),
    }).toEqual({ windlass: isAccepted, skopeo: isAccepted, podman: isAccepted })
  })

  it.each(ofContainerd)('by hosts.toml: %s', async (_, kind, files, isAccepted) => {
    const { setup } = await setUp(kind, files)
    const name = `registry.example/${repository}:1`
    const options = ['--hosts-dir', setup.path('hosts')]
    expect({
      windlass: (await setup.windlass('inspect', ...options, name)).exit === 0,
      ctr: await succeeds(containerd.ctr('content', 'fetch', ...options, name)),
    }).toEqual({ windlass: isAccepted, ctr: isAccepted })
  })
})
