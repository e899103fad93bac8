/** Comparing the tree of a layer with its blob: how many differences are reported, and which may be those of the machine. */
import { chmodSync, mkdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { checkTree } from '../../../../lib/archive/worker/check-tree.js'
import { runJob } from '../../../../lib/archive/worker/run-job.js'
import { LatestGrowth } from '../../../../lib/archive/worker/latest-growth.js'
import { digestOf } from '../../../../lib/image/index.js'
import { defaultLimits } from '../../../../lib/limits.js'
import { buildLayer } from '../../../../lib/testing/images/index.js'
import { temporaryDirectory } from '../../../support/temporary-directory.js'

describe('the check of the tree of a layer', () => {
  const directory = temporaryDirectory()
  let count = 0
  const names = ['a', 'b', 'c', 'd', 'e']
  const context = { signal: new AbortController().signal, onProgress: () => undefined, warn: () => undefined }

  /** Unpacks a layer with five directories of one file each, changes the tree, and checks it. */
  async function checked(change: (tree: string) => void, { canTest = true, limits = defaultLimits } = {}) {
    const root = join(directory, String(count++))
    const [tree, scratch, path] = ['layer/rootfs', 'scratch', 'blob'].map((name) => join(root, name)) as [
      ...[string, string, string],
    ]
    for (const made of [join(root, 'layer'), scratch]) mkdirSync(made, { recursive: true })
    const entries = names.flatMap((name) => [
      { path: `${name}/`, mode: 0o755 },
      { path: `${name}/file`, content: name },
    ])
    const { bytes } = buildLayer({ entries }, 'oci', 'none')
    writeFileSync(path, bytes)
    const expected = { digest: digestOf(bytes), size: bytes.length, diffID: digestOf(bytes) }
    await runJob(
      {
        ...{ kind: 'unpack', task: { path, into: tree, whiteouts: 'aufs', expected }, growing: false },
        ...{ limits: defaultLimits, spare: false, entries: false },
      },
      new LatestGrowth(),
      context,
    )
    change(tree)
    const task = { path, tree, form: 'aufs' as const, scratch: canTest ? scratch : undefined, expected }
    return checkTree(task, { ...context, limits })
  }

  it('finds nothing in a tree that was not changed', async () => {
    const found = await checked(() => undefined)
    expect(found).toEqual({ differences: 0, reported: [], unknown: false })
  })

  it('counts all differences, and reports three of them', async () => {
    const found = await checked((tree) => {
      for (const name of names) chmodSync(join(tree, name, 'file'), 0o600)
    })
    expect(found).toEqual({
      differences: 5,
      reported: ['a', 'b', 'c'].map((name) => `${name}/file: mode 0644 ≠ 0600`),
      unknown: false,
    })
  })

  it('says that a difference may be one of the machine, if that cannot be tested', async () => {
    const change = (tree: string): void => utimesSync(join(tree, 'a', 'file'), 7, 7)
    expect(await checked(change, { canTest: false })).toEqual({ differences: 0, reported: [], unknown: true })
    expect(await checked(change)).toMatchObject({ differences: 1, unknown: false })
  })

  it('keeps to the limits, and names a tree that cannot be read', async () => {
    const limits = { ...defaultLimits, layerDirectories: 5 }
    expect(await checked(() => undefined, { limits })).toMatchObject({ differences: 0 })
    await expect(
      checked(() => undefined, { limits: { ...limits, layerDirectories: 4 } }),
    ).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' })
    await expect(checked((tree) => rmSync(tree, { recursive: true }))).rejects.toMatchObject({
      code: 'STORE_IO',
      message: expect.stringMatching(/^Reading a tree failed at /) as string,
    })
  })
})
