/** The hosts that containerd's client asks, by the same `hosts.toml` as ours. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { parseReference } from '../../../lib/image/reference/parse-reference.js'
import { hostConfiguration } from '../../../lib/registry/hosts/configuration/host-configuration.js'
import { describeReal } from '../../../testbench/harness/components.js'
import { type Containerd, startContainerd } from '../../../testbench/harness/containerd.js'
import { workspace } from '../../../testbench/harness/workspace.js'
import { manifestUrls, type RecordingHosts, startRecordingHosts } from '../../support/recording-hosts.js'

const digest = `sha256:${'a'.repeat(64)}`

/** containerd 1.6 requires a table of hosts. */
const server = (url: string): string => `server = "${url}"\n[host]\n`

/** `A`, `B` and `C` in texts stand for three hosts. */
const cases: readonly {
  readonly title: string
  readonly images: readonly string[]
  readonly files: Readonly<Record<string, string>>
  readonly first: string
}[] = [
  {
    title: 'hosts in the order of the file, then the server',
    images: ['a.example/team/app:1', `a.example/team/app@${digest}`],
    files: {
      'a.example/hosts.toml': `server = "http://C"
[host."http://B"]
[host."http://A"]
  [host."http://A".header]
    x-token = "t"
`,
    },
    first: 'B/v2/team/app/manifests/1?ns=a.example',
  },
  {
    title: 'hosts that may only pull are asked for digests',
    images: ['a.example/app:1', `a.example/app@${digest}`],
    files: {
      'a.example/hosts.toml': `server = "http://C"
[host."http://A"]
  capabilities = ["pull"]
[host."http://B"]
  capabilities = ["push", "resolve"]
`,
    },
    first: 'C/v2/app/manifests/1?ns=a.example',
  },
  {
    title: 'a server that may not be pulled from',
    images: ['a.example/app:1', `a.example/app@${digest}`],
    files: {
      'a.example/hosts.toml': 'server = "http://C"\ncapabilities = ["push"]\n[host."http://A"]',
    },
    first: 'A/v2/app/manifests/1?ns=a.example',
  },
  {
    title: 'paths',
    images: ['a.example/app:1'],
    files: {
      'a.example/hosts.toml': `server = "http://C/"
[host."http://A/us/"]
[host."http://A/v2"]
[host."http://A/x/v2/"]
[host."http://B/v2/upstream"]
  override_path = true
[host."http://B"]
  override_path = true
`,
    },
    first: 'A/us/v2/app/manifests/1?ns=a.example',
  },
  {
    title: 'names of directories',
    images: ['a.example:5000/app:1', 'b.example:5000/app:1', 'c.example:5000/app:1'],
    files: {
      'a.example_5000_/hosts.toml': server('http://A/one'),
      'a.example:5000/hosts.toml': server('http://A/never'),
      'b.example:5000/hosts.toml': server('http://B/two'),
      'c.example/hosts.toml': server('http://C/never'),
      '_default/hosts.toml': server('http://C/three'),
    },
    first: 'A/one/v2/app/manifests/1?ns=a.example:5000',
  },
  {
    title: 'Docker Hub',
    images: ['docker.io/library/alpine:3'],
    files: { 'docker.io/hosts.toml': 'server = "http://C"\n[host."http://A"]' },
    first: 'A/v2/library/alpine/manifests/3?ns=docker.io',
  },
  {
    title: 'no namespace for the registry itself',
    images: ['A/app:1', 'B/app:1'],
    files: {
      'A/hosts.toml': 'server = "http://A"\n[host."http://B"]',
      '_default/hosts.toml': 'server = "http://C"\n[host."http://A/x"]',
    },
    first: 'B/v2/app/manifests/1?ns=A',
  },
  {
    title: 'the scheme http with settings of TLS, for a host without TLS',
    images: ['a.example/app:1'],
    files: { 'a.example/hosts.toml': 'server = "http://C"\n[host."http://A"]\nskip_verify = true' },
    first: 'A/v2/app/manifests/1?ns=a.example',
  },
]

describeReal('containerd, with the same hosts.toml', () => {
  let hosts: RecordingHosts
  let containerd: Containerd
  beforeAll(async () => {
    hosts = await startRecordingHosts()
    containerd = await startContainerd()
  }, 60_000)
  afterAll(async () => {
    await containerd.stop()
    await hosts.close()
  })
  const fill = (text: string): string =>
    text.replace(/(?<![\w.])[ABC](?=[/"@:]|$)/gm, (name) => hosts.names['ABC'.indexOf(name)] ?? '')

  it.each(cases)('asks the hosts that are read: $title', async ({ images, files, first }) => {
    const { path } = await workspace()
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(path(fill(name))), { recursive: true })
      writeFileSync(path(fill(name)), fill(text))
    }
    const configuration = hostConfiguration({ env: {}, home: path('home'), hostsDir: path('.') })
    const all: string[] = []
    for (const image of images.map(fill)) {
      await containerd.ctr('images', 'pull', '--hosts-dir', path('.'), image).catch(() => undefined)
      const asked = hosts.take()
      const reference = parseReference(image)
      const target = reference.digest ?? reference.tag ?? ''
      const read = manifestUrls(await configuration.hostsOf(reference), reference, target)
      expect({ image, asked }).toEqual({ image, asked: read })
      all.push(...asked)
    }
    expect(all[0]).toBe(fill(first))
  })
})
