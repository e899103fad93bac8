/** Runs umoci on cases of the corpus. It needs root. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { decompressor, detectCompression } from '../../lib/bytes/index.js'
import { mediaTypes } from '../../lib/image/documents/media-types.js'
import { digestOf } from '../../lib/image/digest/digest.js'
import { buildImage } from '../../lib/testing/images/index.js'
import { describeTree } from '../../lib/archive/index.js'
import { runTool } from '../harness/run-tool.js'
import { isRefused, type LayerCase, type Tree } from './layer-case.js'
import { renderTree } from './render-tree.js'

/** The tree that umoci unpacked, or its error message. */
export type UmociResult = { readonly tree: Tree } | { readonly refusal: string }

/** Unpacks the layers of a case below `directory` and removes all files afterwards. */
export async function runUmoci({ layers }: LayerCase, directory: string): Promise<UmociResult> {
  const layout = join(directory, 'layout')
  const bundle = join(directory, 'bundle')
  await writeLayout(layout, layers)
  try {
    await runTool('umoci', ['unpack', '--image', `${layout}:case`, bundle])
    const root = join(bundle, 'rootfs')
    return { tree: renderTree(await describeTree(root), { root }) }
  } catch (error) {
    return { refusal: error instanceof Error ? error.message : String(error) }
  } finally {
    rmSync(layout, { recursive: true, force: true })
    rmSync(bundle, { recursive: true, force: true })
  }
}

/** Returns how the result of umoci contradicts the case; undefined if it does not. */
export function describeContradiction({ flat, umoci }: LayerCase, result: UmociResult): string | undefined {
  if ('refusal' in result) return umoci.startsWith('refuses') ? undefined : `it refuses: ${result.refusal}`
  const same = !isRefused(flat) && areEquivalent(flat, result.tree)
  const agrees = umoci === 'same' ? same : umoci.startsWith('differs') && !same
  return agrees ? undefined : `it makes ${JSON.stringify(result.tree)}`
}

/** Compares trees except for the times of directories and the attributes of the root, which umoci sets differently. */
const areEquivalent = (ours: Tree, theirs: Tree): boolean =>
  JSON.stringify(ours.flatMap(withoutDirectoryTime)) === JSON.stringify(theirs.flatMap(withoutDirectoryTime))

const withoutDirectoryTime = (line: string): string[] => {
  if (!/^(?:\S*\/|\.)(?: |$)/.test(line)) return [line]
  const kept = line
    .replace(/ ?@-?[\d.]+/, '')
    .replace(' {}', '')
    .replace('{ ', '{')
  return kept === '.' ? [] : [kept]
}

async function writeLayout(directory: string, layers: readonly Buffer[]): Promise<void> {
  const described = await Promise.all(layers.map(describe))
  const { config } = buildImage({
    layers: [],
    config: { rootfs: { type: 'layers', diff_ids: described.map(({ diffID }) => diffID) }, history: [] },
  })
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: mediaTypes.ociManifest,
      config: { mediaType: config.mediaType, size: config.size, digest: config.digest },
      layers: described.map(({ mediaType, digest, size }) => ({ mediaType, size, digest })),
    }),
  )
  const blobs = join(directory, 'blobs', 'sha256')
  mkdirSync(blobs, { recursive: true })
  for (const bytes of [config.bytes, manifest, ...layers])
    writeFileSync(join(blobs, digestOf(bytes).slice('sha256:'.length)), bytes)
  const named = {
    mediaType: mediaTypes.ociManifest,
    size: manifest.length,
    digest: digestOf(manifest),
    annotations: { 'org.opencontainers.image.ref.name': 'case' },
  }
  writeFileSync(join(directory, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}')
  writeFileSync(join(directory, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests: [named] }))
}

async function describe(
  blob: Buffer,
): Promise<{ mediaType: string; digest: string; size: number; diffID: string }> {
  const types = { none: mediaTypes.ociLayer, gzip: mediaTypes.ociLayerGzip, zstd: mediaTypes.ociLayerZstd }
  const compression = compressionOf(blob)
  const chunks: Buffer[] = []
  // A damaged blob has no diffID. The digest of the part that can be decompressed replaces it.
  await new Promise<void>((resolve) => {
    const stream = Readable.from([blob], { objectMode: false }).pipe(decompressor(compression))
    stream.on('data', (chunk: Buffer) => chunks.push(chunk))
    stream.on('error', () => resolve()).on('end', () => resolve())
  })
  return {
    mediaType: types[compression],
    digest: digestOf(blob),
    size: blob.length,
    diffID: digestOf(Buffer.concat(chunks)),
  }
}

function compressionOf(blob: Buffer): 'none' | 'gzip' | 'zstd' {
  try {
    return detectCompression(blob.subarray(0, 10))
  } catch {
    return 'none'
  }
}
