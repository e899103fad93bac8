/** The hosts that skopeo and podman ask, by the same `registries.conf` as ours. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { parseReference } from '../../../lib/image/reference/parse-reference.js'
import { resolveShortName } from '../../../lib/registry/hosts/containers/short-name.js'
import { hostConfiguration } from '../../../lib/registry/hosts/configuration/host-configuration.js'
import { open } from '../../../puller/index.js'
import { describeReal } from '../../../testbench/harness/components.js'
import { runTool } from '../../../testbench/harness/run-tool.js'
import { workspace } from '../../../testbench/harness/workspace.js'
import { manifestUrls, type RecordingHosts, startRecordingHosts } from '../../support/recording-hosts.js'

const digest = `sha256:${'a'.repeat(64)}`

/** `A`, `B` and `C` in texts stand for three hosts. */
interface Case {
  readonly title: string
  readonly images: readonly string[]
  /** Below the home directory; `main.conf` is named by the environment. */
  readonly files: Readonly<Record<string, string>>
  /** The URLs that are to be requested, as a check of the check. */
  readonly first: string | undefined
}

const userFile = '.config/containers/registries.conf'

const cases: readonly Case[] = [
  {
    title: 'mirrors and a location, with rewritten names',
    images: ['a.example/foo/x/app:1', `a.example/foo/app@${digest}`],
    files: {
      'main.conf': `[[registry]]
prefix = "a.example/foo"
location = "C/bar"
insecure = true
[[registry.mirror]]
location = "A/m"
insecure = true
[[registry.mirror]]
location = "B"
insecure = true
`,
    },
    first: 'A/v2/m/x/app/manifests/1',
  },
  {
    title: 'mirrors for digests only and for tags only',
    images: ['a.example/app:1', `a.example/app@${digest}`],
    files: {
      'main.conf': `[[registry]]
prefix = "a.example"
location = "C"
insecure = true
mirror = [
  { location = "A", insecure = true, pull-from-mirror = "digest-only" },
  { location = "B", insecure = true, pull-from-mirror = "tag-only" },
]
`,
    },
    first: 'B/v2/app/manifests/1',
  },
  {
    title: 'mirrors for digests only, by the setting of the registry',
    images: ['a.example/app:1', `a.example/app@${digest}`],
    files: {
      'main.conf': `[[registry]]
prefix = "a.example"
location = "C"
insecure = true
mirror-by-digest-only = true
mirror = [{ location = "A", insecure = true }]
`,
    },
    first: 'C/v2/app/manifests/1',
  },
  {
    title: 'the longest prefix',
    images: [
      'a.example/team/app:1',
      'a.example/team2/app:1',
      'a.example/team/app/sub:1',
      'a.example/other:1',
    ],
    files: {
      'main.conf': ['a.example@A', 'a.example/team@B/t', 'a.example/team/app@C/exact']
        .map((each) => each.split('@'))
        .map(
          ([prefix, location]) =>
            `[[registry]]\nprefix = "${prefix}"\nlocation = "${location}"\ninsecure = true\n`,
        )
        .join(''),
    },
    first: 'C/v2/exact/manifests/1',
  },
  {
    title: 'subdomains',
    images: ['a.b.corp.example/team/app:1', 'corp.example/team/app:1', 'x.corp.example.net/app:1'],
    files: {
      'main.conf': `[[registry]]
prefix = "*.corp.example"
location = "A/corp"
insecure = true
[[registry]]
prefix = "corp.example"
location = "B"
insecure = true
[[registry]]
prefix = "*.net"
location = "C"
insecure = true
`,
    },
    first: 'A/v2/corp/team/app/manifests/1',
  },
  {
    title: 'Docker Hub, with its full names',
    images: ['docker.io/library/alpine:3', 'docker.io/alpine:3'],
    files: { 'main.conf': '[[registry]]\nprefix = "docker.io"\nlocation = "A/hub"\ninsecure = true\n' },
    first: 'A/v2/hub/library/alpine/manifests/3',
  },
  {
    title: 'a prefix without port, which also covers hosts with a port',
    images: ['B/team/app:1'],
    files: { 'main.conf': '[[registry]]\nprefix = "127.0.0.1"\nlocation = "localhost"\ninsecure = true\n' },
    first: undefined,
  },
  {
    title: 'a blocked registry, and a blocked mirror',
    images: ['blocked.example/app:1', 'A/app:1', 'a.example/app:1'],
    files: {
      'main.conf': `[[registry]]
location = "blocked.example"
blocked = true
[[registry]]
location = "A"
blocked = true
[[registry]]
prefix = "a.example"
location = "C"
insecure = true
mirror = [{ location = "A", insecure = true }, { location = "B", insecure = true }]
`,
    },
    first: undefined,
  },
  {
    title: 'version 1 of the format',
    images: ['A/app:1', 'B/app:1'],
    files: {
      'main.conf': '[registries.insecure]\nregistries = ["A"]\n[registries.block]\nregistries = ["B"]\n',
    },
    first: 'A/v2/app/manifests/1',
  },
  {
    title: "the user's file and its drop-in files",
    images: ['a.example/app:1', 'b.example/app:1'],
    files: {
      [userFile]: '[[registry]]\nprefix = "a.example"\nlocation = "A"\ninsecure = true\n',
      [`${userFile}.d/10.conf`]: '[[registry]]\nprefix = "a.example"\nlocation = "B"\ninsecure = true\n',
      [`${userFile}.d/20.conf`]: '[[registry]]\nprefix = "b.example"\nlocation = "C"\ninsecure = true\n',
      [`${userFile}.d/30.txt`]: 'not read',
    },
    first: 'B/v2/app/manifests/1',
  },
  {
    title: 'a file in the environment, with the drop-in files',
    images: ['a.example/app:1', 'b.example/app:1'],
    files: {
      'main.conf': '[[registry]]\nprefix = "a.example"\nlocation = "A"\ninsecure = true\n',
      [`${userFile}.d/20.conf`]: '[[registry]]\nprefix = "b.example"\nlocation = "C"\ninsecure = true\n',
    },
    first: 'A/v2/app/manifests/1',
  },
]

describeReal('skopeo and podman, with the same registries.conf', () => {
  let hosts: RecordingHosts
  beforeAll(async () => {
    hosts = await startRecordingHosts()
  })
  afterAll(() => hosts.close())
  const fill = (text: string): string =>
    text.replace(/(?<![\w.])[ABC](?=[/"@:]|$)/gm, (name) => hosts.names['ABC'.indexOf(name)] ?? '')

  /** Writes the files; returns the environment that leads to them. */
  async function home(files: Case['files']) {
    const { directory, path } = await workspace()
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(path(name)), { recursive: true })
      writeFileSync(path(name), fill(text))
    }
    const env: Record<string, string> = {
      ...{ HOME: directory, XDG_CONFIG_HOME: '' },
      ...('main.conf' in files && { CONTAINERS_REGISTRIES_CONF: path('main.conf') }),
    }
    const podman = (...args: readonly string[]) =>
      runTool(
        'podman',
        [
          ...[
            '--root',
            join(directory, 'storage'),
            '--runroot',
            join(directory, 'run'),
            '--storage-driver',
            'vfs',
          ],
          ...['--events-backend', 'none', '--cgroup-manager', 'cgroupfs', ...args],
        ],
        { env },
      ).catch(() => undefined)
    return { env, podman, configuration: hostConfiguration({ env, home: directory }) }
  }

  it.each(cases)('podman asks the hosts that are read: $title', async ({ images, files, first }) => {
    const { podman, configuration } = await home(files)
    let all = 0
    for (const image of images.map(fill)) {
      await podman('pull', '--quiet', image)
      const asked = hosts.take()
      const reference = parseReference(image)
      const read = await configuration.hostsOf(reference)
      const target = reference.digest ?? reference.tag ?? ''
      expect({ image, asked }).toEqual({ image, asked: manifestUrls(read, reference, target) })
      if (all === 0 && first !== undefined) expect(asked[0]).toBe(fill(first))
      all += asked.length
    }
    expect(all).toBeGreaterThan(0)
  })

  it.each(cases.filter(({ files }) => 'main.conf' in files))(
    'skopeo asks the hosts that are read: $title',
    async ({ images, files }) => {
      const { env, configuration } = await home(files)
      const file = env['CONTAINERS_REGISTRIES_CONF'] ?? ''
      for (const image of images.map(fill)) {
        const args = ['--insecure-policy', '--registries-conf', file, 'inspect', `docker://${image}`]
        await runTool('skopeo', args, { env }).catch(() => undefined)
        const reference = parseReference(image)
        const target = reference.digest ?? reference.tag ?? ''
        const read = manifestUrls(await configuration.hostsOf(reference), reference, target)
        expect({ image, asked: hosts.take() }).toEqual({ image, asked: read })
      }
    },
  )

  it('podman resolves names without a registry to the candidates that are read', async () => {
    const registries = ['A', 'B', 'C'].map((name) => `[[registry]]\nlocation = "${name}"\ninsecure = true\n`)
    const { podman, configuration } = await home({
      'main.conf': `unqualified-search-registries = ["C", "A"]
short-name-mode = "permissive"
${registries.join('')}[aliases]
short = "B/team/app"
"some/short" = "A/other"
gone = ""
`,
      '.cache/containers/short-name-aliases.conf': '',
    })
    const { store } = await workspace()
    await using library = await open({ store, hosts: configuration, retries: 1 })
    for (const name of ['short', 'short:2', `some/short@${digest}`, 'gone', 'team/app:1', 'app:1']) {
      await podman('pull', '--quiet', name)
      const candidates = resolveShortName(name, configuration.shortNames())
      const urls = candidates.map((each) => {
        const { registry, repository, tag, digest: exact } = parseReference(each.name)
        return `${registry}/v2/${repository}/manifests/${exact ?? tag ?? 'latest'}`
      })
      expect({ name, asked: hosts.take() }).toEqual({ name, asked: urls })
      expect(urls.length).toBeGreaterThan(0)
      await library.pull(name).done.catch(() => undefined)
      expect({ name, asked: [...new Set(hosts.take())] }).toEqual({ name, asked: urls })
    }
  })

  it('podman and Windlass refuse to choose with the mode enforcing, and ask no registry', async () => {
    const text = 'unqualified-search-registries = ["C", "A"]\nshort-name-mode = "enforcing"\n'
    const { env, configuration } = await home({ 'main.conf': text })
    const { store, path } = await workspace()
    const places = ['--root', path('storage'), '--runroot', path('run'), '--storage-driver', 'vfs']
    const podman = runTool('podman', [...places, 'pull', '--quiet', 'app:1'], { env })
    await expect(podman).rejects.toThrow(/enforced but cannot prompt/)
    await using library = await open({ store, hosts: configuration })
    await expect(library.pull('app:1').done).rejects.toMatchObject({ code: 'USAGE' })
    expect(hosts.take()).toEqual([])
  })

  it.each([
    '[[registry]]\nlocation = ',
    '[[registry]]\nlocation = "https://A"',
    '[[registry]]\nprefix = "a.example"',
    '[[registry]]\nlocation = "A"\ninsecure = "yes"',
    '[[registry]]\nlocation = "A"\npull-from-mirror = "all"',
    '[[registry]]\nlocation = "A"\n[[registry]]\nprefix = "b"\nlocation = "A"\nblocked = true',
    'unqualified-search-registries = ["A/b"]',
    'short-name-mode = "sometimes"',
    '[aliases]\na = "b"',
    '[registries.insecure]\nregistries = ["A"]\n[[registry]]\nlocation = "B"',
  ])('skopeo refuses the file that is refused: %j', async (text) => {
    const { env, configuration } = await home({ 'main.conf': text })
    const file = env['CONTAINERS_REGISTRIES_CONF'] ?? ''
    const image = fill('A/app:1')
    const args = ['--insecure-policy', '--registries-conf', file, 'inspect', `docker://${image}`]
    await expect(runTool('skopeo', args, { env })).rejects.toThrow(/registries|short-name|alias/)
    await expect(configuration.hostsOf(parseReference(image))).rejects.toMatchObject({ code: 'USAGE' })
    expect(hosts.take()).toEqual([])
  })
})
