/** Runs jobs of the worker thread in this thread: limits that count several layers, and checks while a job runs. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { LatestGrowth } from '../../../../lib/archive/worker/latest-growth.js'
import { runJob } from '../../../../lib/archive/worker/run-job.js'
import type { LayerSource, Work } from '../../../../lib/archive/worker/task.js'
import { digestOf } from '../../../../lib/image/index.js'
import { defaultLimits, type Limits } from '../../../../lib/limits.js'
import { buildLayer } from '../../../../lib/testing/images/index.js'

const blobOf = (name: string, size: number) =>
  buildLayer({ entries: [{ path: name, content: Buffer.alloc(size, name) }] }, 'oci', 'none').bytes

describe('a job of the pool', () => {
  let root: string
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'windlass-job-'))
  })
  afterEach(() => rmSync(root, { recursive: true }))
  const at = (name: string): string => join(root, name)

  function run(work: Work, limits: Partial<Limits> = {}) {
    const progress: number[] = []
    const stop = new AbortController()
    const job = { ...work, limits: { ...defaultLimits, ...limits }, spare: false, entries: false }
    const result = runJob(job, new LatestGrowth(), {
      signal: stop.signal,
      onProgress: (bytes) => progress.push(bytes),
      warn: () => undefined,
    })
    return { result, progress, stop }
  }
  const flatten = (layers: readonly LayerSource[], limits?: Partial<Limits>) =>
    run({ kind: 'flatten', task: { layers, into: at('into') } }, limits)
  const unpack = (path: string) =>
    run({ kind: 'unpack', task: { path, into: at('into'), whiteouts: 'aufs' }, growing: false })

  function blob(name: string, size = 5_000): LayerSource & { readonly kind: 'blob'; readonly size: number } {
    const bytes = blobOf(name, size)
    writeFileSync(at(`${name}.tar`), bytes)
    return { kind: 'blob', path: at(`${name}.tar`), size: bytes.length }
  }
  function directory(name: string, size = 5_000): LayerSource {
    mkdirSync(at(name))
    writeFileSync(join(at(name), name), Buffer.alloc(size))
    return { kind: 'directory', path: at(name) }
  }

  it('limits the total bytes of all blobs of an image', async () => {
    const layers = ['a', 'b', 'c'].map((name) => blob(name))
    const imageBytes = layers.reduce((sum, { size }) => sum + size, 0)
    expect(await flatten(layers, { imageBytes }).result).toEqual({ entries: 3 })
    const over = flatten(layers, { imageBytes: imageBytes - 1 })
    await expect(over.result).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' })
  })

  it('limits the total bytes of all stored trees of an image', async () => {
    const layers = ['a', 'b', 'c'].map((name) => directory(name))
    expect(await flatten(layers, { imageBytes: 15_000 }).result).toEqual({ entries: 6 })
    const over = flatten(layers, { imageBytes: 14_999 })
    await expect(over.result).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' })
  })

  it('reports the progress over all blobs', async () => {
    const layers = ['a', 'b', 'c'].map((name) => blob(name))
    const { result, progress } = flatten(layers)
    await result
    expect(progress.at(-1)).toBe(layers.reduce((sum, { size }) => sum + size, 0))
    expect(progress).toEqual([...progress].sort((one, other) => one - other))
  })

  it('verifies each blob of an image', async () => {
    const { size, path } = blob('a')
    const digest = digestOf(Buffer.from('another'))
    const wrong = flatten([{ kind: 'blob', path, expected: { digest, size } }])
    await expect(wrong.result).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' })
  })

  it('can be cancelled between two layers, whatever the time since the last check', async () => {
    // Within a layer, the signal is checked after some milliseconds only.
    const clock = vi.spyOn(performance, 'now').mockReturnValue(0)
    onTestFinished(() => clock.mockRestore())
    const between = flatten(['a', 'b'].map((name) => directory(name, 1)))
    between.stop.abort(new Error('enough'))
    await expect(between.result).rejects.toThrow('enough')
  })

  it('can be cancelled within a stored tree', async () => {
    mkdirSync(at('many'))
    for (let each = 0; each < 3_000; each++) writeFileSync(join(at('many'), String(each)), '')
    const within = flatten([{ kind: 'directory', path: at('many') }])
    setTimeout(() => within.stop.abort(new Error('enough')), 5)
    await expect(within.result).rejects.toThrow('enough')
  })

  it.runIf(process.geteuid?.() === 0)(
    'leaves a stored tree as it was, also where it is stopped',
    async () => {
      mkdirSync(join(at('tree'), 'closed'), { recursive: true })
      for (let each = 0; each < 3_000; each++) writeFileSync(join(at('tree'), 'closed', String(each)), '')
      const { chownSync } = await import('node:fs')
      for (const path of [root, at('tree'), join(at('tree'), 'closed')]) chownSync(path, 65_534, 65_534)
      chmodSync(join(at('tree'), 'closed'), 0o300)
      process.seteuid?.(65_534)
      try {
        const { result, stop } = flatten([{ kind: 'directory', path: at('tree') }])
        setTimeout(() => stop.abort(new Error('enough')), 5)
        await expect(result).rejects.toThrow('enough')
      } finally {
        process.seteuid?.(0)
      }
      expect(statSync(join(at('tree'), 'closed')).mode & 0o777).toBe(0o300)
    },
  )

  it('creates the root with fixed attributes', async () => {
    await flatten([blob('a')]).result
    expect(statSync(at('into')).mode & 0o777).toBe(0o755)
    expect(statSync(at('into'), { bigint: true }).mtimeNs).toBe(0n)
    rmSync(at('into'), { recursive: true })
    const { implied } = (await unpack(blob('b').path).result) as { readonly implied?: readonly string[] }
    expect(implied).toEqual(['.'])
    expect(statSync(at('into'), { bigint: true }).mtimeNs).toBe(0n)
  })

  it('accepts no link or directory as a blob', async () => {
    symlinkSync(blob('a').path, at('link'))
    mkdirSync(at('folder'))
    for (const path of [at('link'), at('folder')])
      await expect(unpack(path).result).rejects.toMatchObject({ code: 'STORE_CORRUPT' })
  })
})
