/**
 * Measures the requests of `windlass cat` and `windlass ls` for an image with one large layer, and the bytes that the registry
 * sends. By default, the layer has 60 MB and is written by testbench/toc in each format; `--layout DIR --path PATH` uses an image
 * that another tool has written.
 *
 *     npm run bench -- one-file
 *     npm run bench -- one-file --layout /tmp/layout --path /usr/bin/tool
 */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { parseImageIndex, parseImageManifest } from '../lib/image/index.js'
import { buildImage, type LayerEntry, putImage } from '../lib/testing/images/index.js'
import { startRegistry, type TestRegistry } from '../lib/testing/registry/index.js'
import { runTool } from '../testbench/harness/run-tool.js'
import { encodeLayer, tocFormats } from '../testbench/toc/encode.js'
import { imageOfLayers, putEncoded } from '../testbench/toc/encoded-layer.js'

const { values } = parseArgs({ options: { layout: { type: 'string' }, path: { type: 'string' } } })

/** The rate is so low that data in the buffers of the system does not distort the result. */
const bytesPerSecond = 20_000_000
const files = 1_500
const fileBytes = 40_000

const noise = (at: number): Buffer =>
  Buffer.concat(
    Array.from({ length: fileBytes / 64 }, (_, part) =>
      createHash('sha512').update(`${at} ${part}`).digest(),
    ),
  )

interface Subject {
  readonly name: string
  /** Bytes of all layers. */
  readonly size: number
  readonly paths: readonly (readonly [string, string])[]
  readonly put: (registry: TestRegistry) => unknown
}

function builtIn(): Subject[] {
  const entries: LayerEntry[] = [{ path: 'usr/' }, { path: 'usr/share/' }]
  for (let at = 0; at < files; at++) {
    entries.push({ path: `usr/share/file-${String(at).padStart(4, '0')}`, content: noise(at) })
    if (at % (files / 3) === files / 6) entries.push({ path: `usr/share/small-${at}`, content: 'small' })
  }
  const paths = [250, 750, 1_250].map(
    (at, third) => [`/usr/share/small-${at}`, `after ${['a sixth', 'half', 'five sixths'][third]}`] as const,
  )
  const plain = buildImage({ layers: [{ entries }] })
  return [
    {
      ...{ name: 'gzip, no table', size: plain.layers[0]!.size, paths },
      put: (registry) => putImage(registry, 'team/app', '1', plain),
    },
    ...tocFormats.map((format): Subject => {
      const layer = encodeLayer(entries, { format })
      const put = (registry: TestRegistry): void =>
        putEncoded(registry, 'team/app', '1', imageOfLayers([layer], [layer.diffID]))
      return { name: format, size: layer.size, paths: paths.slice(1, 2), put }
    }),
  ]
}

function ofLayout(directory: string, path: string): Subject {
  const blob = (digest: string): Buffer => readFileSync(join(directory, 'blobs', ...digest.split(':')))
  const [entry] = parseImageIndex(readFileSync(join(directory, 'index.json'))).manifests
  const bytes = blob(entry!.digest)
  const { config, layers } = parseImageManifest(bytes)
  return {
    name: directory,
    size: layers.reduce((sum, { size }) => sum + size, 0),
    paths: [[path, '']],
    put: (registry) => {
      for (const { digest } of [config, ...layers]) registry.putBlob(blob(digest))
      registry.putManifest('team/app', '1', bytes, entry!.mediaType)
    },
  }
}

/** Runs a command with a new registry, and returns a row of the table. */
async function measure({ name, size, put }: Subject, args: readonly string[], what: string): Promise<string> {
  const registry = await startRegistry({ bytesPerSecond })
  try {
    await put(registry)
    const [command = '', ...rest] = args
    const image = `${registry.host}/team/app:1`
    const begun = performance.now()
    await runTool(process.execPath, [
      'dist/cli/main.js',
      command,
      '--platform',
      'linux/amd64',
      image,
      ...rest,
    ])
    const seconds = (performance.now() - begun) / 1_000
    const requests = registry.requests.filter(({ kind }) => kind !== 'ping').length
    const { bytesSent } = registry
    const cells = [
      name,
      what,
      requests,
      bytesSent.toLocaleString('en'),
      `${((100 * bytesSent) / size).toFixed(2)} %`,
    ]
    return `| ${[...cells, `${seconds.toFixed(1)} s`].join(' | ')} |`
  } finally {
    await registry.close()
  }
}

const { layout, path } = values
const subjects = layout !== undefined && path !== undefined ? [ofLayout(layout, path)] : builtIn()
console.log(
  '| layer | command | requests | bytes | share of the layer | time at 20 MB/s |\n|---|---|---|---|---|---|',
)
for (const subject of subjects) {
  for (const [file, where] of subject.paths)
    console.log(await measure(subject, ['cat', file], `\`cat\` of a small file${where && `, ${where}`}`))
  console.log(await measure(subject, ['ls', '-R'], '`ls -R`'))
}
