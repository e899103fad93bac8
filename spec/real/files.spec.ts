/** Files of images in the real registry, by the command line as it is built, beside the trees that umoci unpacks. */
import { createHash } from 'node:crypto'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeTree } from '../../lib/archive/index.js'
import type { LayerEntry } from '../../lib/testing/images/index.js'
import { expectExit, runWindlass } from '../../testbench/harness/command-line.js'
import { describeReal } from '../../testbench/harness/components.js'
import { startDistribution, type Distribution } from '../../testbench/harness/distribution.js'
import { bash } from '../../testbench/harness/run-tool.js'
import { pushOptions, skopeo } from '../../testbench/harness/skopeo.js'
import { umociUnpack } from '../../testbench/harness/umoci.js'
import { workspace } from '../../testbench/harness/workspace.js'
import { pushedImages, type PushedImages } from '../../testbench/images/pushed.js'
import { encodeLayer, tocFormats } from '../../testbench/toc/encode.js'
import { type EncodedImage, imageOfLayers, writeEncoded } from '../../testbench/toc/encoded-layer.js'
import { recordedLayers } from '../../testbench/toc/recorded.js'

const platform = ['--platform', 'linux/amd64']

interface Line {
  readonly path: string
  readonly type: string
  readonly mode: string
  readonly size: number
  readonly uid: number
  readonly gid: number
  readonly linkTarget?: string
}

const linesOf = (stdout: string): Line[] =>
  stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Line)

/** Pushes an image as it is, with the digest of its manifest. */
async function push(registry: Distribution, name: string, image: EncodedImage): Promise<string> {
  const { path } = await workspace()
  const layout = path('layout')
  await writeEncoded(layout, 'image', image)
  const target = `${registry.host}/${name}`
  await skopeo([
    'copy',
    '-q',
    '--preserve-digests',
    ...pushOptions(registry),
    `oci:${layout}:image`,
    `docker://${target}`,
  ])
  return target
}

describeReal('files of images in the real registry', () => {
  let pushed: PushedImages
  let registry: Distribution
  let writable: Distribution

  beforeAll(async () => {
    pushed = await pushedImages()
    registry = await startDistribution({ storage: pushed.storage, readOnly: true })
    writable = await startDistribution()
  }, 300_000)
  afterAll(async () => {
    await registry.stop()
    await writable.stop()
  })

  const run = async (command: string, name: string, ...args: readonly string[]) => {
    const [path = '/', ...flags] = args
    // A store would be made nowhere else.
    const env = { WINDLASS_STORE: '/nonexistent/store' }
    return runWindlass([command, ...platform, '--plain-http', ...flags, name, path], { env })
  }
  const requests = async (since = 0) =>
    (await writable.requests())
      .slice(since)
      .filter(({ path, status }) => path.includes('/blobs/') && status !== 401)

  it.each(['base:oci-gzip', 'app:oci-gzip', 'many:v2s2-gzip'])(
    '%s has those of the tree of umoci',
    async (image) => {
      const { path } = await workspace()
      const [name = '', form = ''] = image.split(':')
      const from = `docker://${registry.host}/windlass/${name}:${form}`
      await skopeo([
        'copy',
        '-q',
        '--src-tls-verify=false',
        '--override-arch',
        'amd64',
        from,
        `oci:${path('layout')}:image`,
      ])
      const tree = await umociUnpack(`${path('layout')}:image`, path('bundle'))
      const listed = await run('ls', `${registry.host}/windlass/${image}`, '/', '-R', '--json')
      expectExit(listed, 0)
      const shown = (await describeTree(tree)).filter((each) => each.path !== '.')
      const text = (latin1: string): string => Buffer.from(latin1, 'latin1').toString('utf8')
      const types: Record<string, string> = { character: 'character-device', block: 'block-device' }
      expect(
        linesOf(listed.stdout).map(({ path: file, type, mode, size, uid, gid, linkTarget }) => ({
          ...{ file, type, mode, size, uid, gid, linkTarget },
        })),
      ).toEqual(
        shown.map(({ path: file, type, mode, size, uid, gid, target }) => ({
          ...{
            file: `/${text(file)}`,
            type: types[type] ?? type,
            mode: mode.toString(8).padStart(4, '0'),
            size,
            uid,
            gid,
          },
          linkTarget: target === undefined ? undefined : text(target),
        })),
      )
      const files = shown.filter((each) => each.type === 'file' && /^[\x20-\x7e]+$/.test(each.path))
      for (const file of [files[0]!, files[Math.floor(files.length / 2)]!, files.at(-1)!]) {
        const { exit, stdout } = await run('cat', `${registry.host}/windlass/${image}`, `/${file.path}`)
        expect({ exit, path: file.path }).toEqual({ exit: 0, path: file.path })
        // The harness reads text; files of text are compared byte for byte.
        const content = await readFile(join(tree, file.path))
        if (content.equals(Buffer.from(content.toString()))) expect(stdout).toBe(content.toString())
      }
    },
  )

  it.each(Object.entries(recordedLayers))(
    'of a layer as %s writes it come by ranges',
    async (tool, layer) => {
      const repository = `recorded/${tool.replace(/\W+/g, '-').toLowerCase()}`
      const name = await push(writable, `${repository}:1`, imageOfLayers([layer]))
      const before = (await writable.requests()).length
      const listed = await run('ls', name, '/usr', '-R')
      expectExit(listed, 0)
      expect(listed.stdout).toContain('/usr/lib/big.txt\n')
      expectExit(await run('cat', name, '/etc/link'), 0, '#!/bin/sh\necho tool\n')
      expect(new Set((await requests(before)).map(({ status }) => status))).toEqual(new Set([206]))
    },
  )

  it.each(tocFormats)(
    'of a layer of 60 MB (%s) come by two or three ranges, less than a fiftieth of it',
    async (format) => {
      const noise = (at: number): Buffer =>
        Buffer.concat(
          Array.from({ length: 3_125 }, (_, part) => createHash('sha512').update(`${at} ${part}`).digest()),
        )
      const entries: LayerEntry[] = Array.from({ length: 300 }, (_, at) => ({
        path: `d/${at}`,
        content: noise(at),
      }))
      entries.splice(150, 0, { path: 'd/small', content: 'small\n' })
      const layer = encodeLayer(entries, { format })
      expect(layer.size).toBeGreaterThan(59_000_000)
      const name = await push(
        writable,
        `large/${format.replace(/\W+/g, '-')}:1`,
        imageOfLayers([layer], [layer.diffID]),
      )
      const before = (await writable.requests()).length
      expectExit(await run('cat', name, '/d/small'), 0, 'small\n')
      const asked = await requests(before)
      expect(asked.length).toBeLessThanOrEqual(3)
      expect(asked.every(({ status }) => status === 206)).toBe(true)
      expect(asked.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThan(layer.size * 0.02)
    },
  )

  it('end when nobody reads on, and fail on a full disk', async () => {
    const entries = [{ path: 'large', content: Buffer.alloc(30_000_000, 'large ') }]
    const layer = encodeLayer(entries, { format: 'estargz' })
    const name = await push(writable, 'endings/large:1', imageOfLayers([layer], [layer.diffID]))
    const command = `node dist/cli/main.js cat --plain-http ${platform.join(' ')} ${name} /large`
    const root = process.cwd()
    expect(await bash(root, `${command} | sha256sum`)).toBe(
      `${createHash('sha256').update(entries[0]!.content).digest('hex')}  -\n`,
    )
    expect(await bash(root, `${command} | head -c 10`)).toBe('large larg')
    const full = spawn('bash', ['-c', `${command} > /dev/full`], {
      cwd: root,
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    let errors = ''
    full.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text))
    const [code] = (await once(full, 'close')) as [number]
    expect({ code, errors }).toEqual({ code: 1, errors: expect.stringContaining('ENOSPC') })
  })
})
