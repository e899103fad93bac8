/**
 * Exchanges images with the newest tools of Debian testing, and stores their versions and the results in
 * testbench/tools/newest.json, which docs/compatibility.md shows:
 *
 *     npx tsx scripts/newest-tools.ts
 *
 * Requires root and mmdebstrap, because the tools run in their own Debian root (benchmarks/peers/root.ts). The tests run
 * the same exchanges with the tools of Debian bookworm.
 */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type PeerHost, bench, startPeerHost } from '../benchmarks/peers/peer-host.js'
import { peersRoot } from '../benchmarks/peers/root.js'
import { containerdAt, dockerdAt } from '../benchmarks/peers/servers.js'
import { runWindlass } from '../testbench/harness/command-line.js'
import { busyboxEntries, withCgroup2 } from '../testbench/harness/containers.js'
import { platform, windlassAs, writeLayout } from '../testbench/harness/machine.js'
import { exchangeWithServe } from './support/newest-clients.js'
import { type NewestResult, newestFile } from '../testbench/tools/newest.js'

const reference = 'example.com/team/app:1'
const content = 'of the second layer'
const stores = mkdtempSync(join(tmpdir(), 'windlass-newest-'))
/** A path as this process sees it, and as the tools see it. */
const here = (name: string): string => join(stores, name)
const there = (name: string): string => `${bench}/${name}`
const host: PeerHost = await startPeerHost(await peersRoot(), stores)
const results: NewestResult[] = []

function windlass(...args: readonly string[]): string {
  const { exit, stdout, stderr } = windlassAs({}, ...args)
  if (exit !== 0) throw new Error(stderr)
  return stdout
}

const copy = (from: string, to: string): string => windlass('copy', '-q', ...platform, from, to)

function assertRead(name: string): void {
  const found = windlass('cat', ...platform, name, '/new')
  if (found !== content) throw new Error(`${name} has other content`)
}

async function exchange(tool: string, what: string, work: () => unknown): Promise<void> {
  let result = 'yes'
  try {
    await work()
  } catch (error) {
    result = `no: ${(error instanceof Error ? error.message : String(error)).split('\n')[0] ?? ''}`
  }
  results.push({ tool, version: versions[tool] ?? 'unknown', what, result })
  process.stdout.write(`${tool}: ${what}: ${result}\n`)
}

const versions: Record<string, string> = {}
async function readVersion(tool: string, packageName = tool): Promise<void> {
  const text = await host.run(['dpkg-query', '-W', '-f=${Version}', packageName])
  versions[tool] = text
    .trim()
    .replace(/^\d+:/, '')
    .replace(/[-+~].*$/, '')
}

try {
  await runWindlass(['--version']) // builds the command
  for (const tool of ['skopeo', 'podman', 'umoci', 'crane', 'oras', 'runc', 'crun']) await readVersion(tool)
  await readVersion('docker', 'docker.io')
  await readVersion('docker compose', 'docker-compose')
  await readVersion('containerd (ctr)', 'containerd')

  const { name: image } = writeLayout(here('layout'), [busyboxEntries(), [{ path: 'new', content }]])
  copy(image, `docker-archive:${here('docker.tar')}:${reference}`)
  copy(image, `oci-archive:${here('oci.tar')}:${reference}`)
  copy(image, `dir:${here('dir')}`)
  copy(image, `oci:${here('ours')}:x`)

  const names = {
    'docker-archive:': `docker-archive:FILE:${reference}`,
    'oci-archive:': `oci-archive:FILE:${reference}`,
    'dir:': 'dir:FILE',
  } as const
  const files = { 'docker-archive:': 'docker.tar', 'oci-archive:': 'oci.tar', 'dir:': 'dir' } as const
  for (const kind of ['docker-archive:', 'oci-archive:', 'dir:'] as const) {
    const named = names[kind]
    await exchange('skopeo', `reads \`${kind}\``, () =>
      host.run([
        ...['skopeo', '--insecure-policy', 'copy', '-q', named.replace('FILE', there(files[kind]))],
        `oci:${there(`skopeo-of-${files[kind]}`)}:x`,
      ]),
    )
    await exchange('skopeo', `writes \`${kind}\`, which Windlass reads`, async () => {
      const target = `skopeo-${files[kind]}`
      const to = named.replace('FILE', there(target))
      await host.run(['skopeo', '--insecure-policy', 'copy', '-q', `oci:${there('layout')}:x`, to])
      assertRead(kind === 'dir:' ? `dir:${here(target)}` : `${kind}${here(target)}`)
    })
  }

  const podman = (...args: readonly string[]) =>
    host.run([
      ...['podman', '--root', there('podman'), '--runroot', '/run/podman', '--storage-driver', 'vfs'],
      ...args,
    ])
  for (const file of ['docker.tar', 'oci.tar'])
    await exchange(
      'podman',
      `\`podman load\` of ${file === 'docker.tar' ? '`docker-archive:`' : '`oci-archive:`'}`,
      async () => {
        await podman('load', '-q', '-i', there(file))
        await podman('image', 'inspect', reference)
      },
    )
  for (const format of ['docker-archive', 'oci-archive'])
    await exchange('podman', `\`podman save --format ${format}\`, which Windlass reads`, async () => {
      await podman('save', '-q', '--format', format, '-o', there(`podman-${format}.tar`), reference)
      assertRead(`${format}:${here(`podman-${format}.tar`)}`)
    })

  const { daemon: containerd, address } = containerdAt(host, 'containerd')
  await containerd.restart()
  const ctr = (...args: readonly string[]) => host.run(['ctr', '-a', address, ...args])
  for (const file of ['docker.tar', 'oci.tar'])
    await exchange(
      'containerd (ctr)',
      `\`ctr images import\` of ${file === 'docker.tar' ? '`docker-archive:`' : '`oci-archive:`'}`,
      async () => {
        await ctr('images', 'import', there(file))
        if (!(await ctr('images', 'ls')).includes(reference)) throw new Error('the image is not listed')
      },
    )
  await exchange('containerd (ctr)', '`ctr images export`, which Windlass reads', async () => {
    await ctr('images', 'export', there('ctr.tar'), reference)
    assertRead(`oci-archive:${here('ctr.tar')}`)
  })
  const { daemon: dockerd, client } = dockerdAt(host, address)
  await dockerd.restart()
  const docker = (...args: readonly string[]) => host.run(client(...args))
  for (const file of ['docker.tar', 'oci.tar'])
    await exchange(
      'docker',
      `\`docker load\` of ${file === 'docker.tar' ? '`docker-archive:`' : '`oci-archive:`'}`,
      async () => {
        await docker('load', '-i', there(file))
        await docker('image', 'inspect', reference)
      },
    )
  await exchange('docker', '`docker save`, which Windlass reads', async () => {
    await docker('save', '-o', there('save.tar'), reference)
    assertRead(`docker-archive:${here('save.tar')}`)
  })
  await dockerd.stop()
  await containerd.stop()

  mkdirSync(here('serve'))
  await exchangeWithServe(host, { directory: here('serve'), name: 'serve' }, exchange)

  await exchange('umoci', 'unpacks a layout of `copy`', () =>
    host.run(['umoci', 'unpack', '--image', `${there('ours')}:x`, there('umoci')]),
  )
  await exchange('crane', 'validates `docker-archive:`', () =>
    host.run(['crane', 'validate', '--tarball', there('docker.tar')]),
  )
  await exchange('oras', 'reads a layout of `copy`', () =>
    host.run(['oras', 'manifest', 'fetch', '--oci-layout', `${there('ours')}:x`]),
  )
  for (const runtime of ['runc', 'crun'])
    await exchange(runtime, 'starts a bundle', async () => {
      mkdirSync(here('store'), { recursive: true })
      const bundle = here(`bundle-${runtime}`)
      const command = ['--', '/bin/busybox', 'cat', '/new']
      windlass('bundle', '-q', ...platform, '--store', here('store'), image, bundle, ...command)
      const started = await host.run([
        ...withCgroup2,
        ...[runtime, '--root', `/run/${runtime}`, 'run', '--bundle', there(`bundle-${runtime}`), 'windlass'],
      ])
      if (started.trim() !== content) throw new Error(`it printed ${started}`)
    })
} finally {
  await host.stop()
  execFileSync('sh', ['-c', 'umount -R "$0"/* 2>/dev/null || true', stores])
  rmSync(stores, { recursive: true, force: true })
}

writeFileSync(newestFile, `${JSON.stringify(results, undefined, 2)}\n`)
process.stdout.write(`${readFileSync(newestFile, 'utf8').length} bytes written; run scripts/tools-table.ts\n`)
