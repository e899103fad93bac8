import { gzipSync } from 'node:zlib'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { listed, type Listed, undefinedTimes } from '../../../benchmarks/trees/open-times.js'
import { packEntries } from '../../../lib/testing/images/index.js'

const layer = (...paths: readonly string[]): Listed[] =>
  paths.map((path) => ({ path, isDirectory: path.endsWith('/') }))

describe('openTimes', () => {
  it('has no directory that its topmost layer lists, wherever it stands in there', () => {
    expect(undefinedTimes([layer('./', './etc/', './etc/hosts')])).toEqual(new Set())
    expect(undefinedTimes([layer('etc/hosts', 'etc/', './')])).toEqual(new Set())
  })

  it('has those that no layer lists, up to the root', () => {
    expect(undefinedTimes([layer('usr/share/doc/a')])).toEqual(
      new Set(['.', 'usr', 'usr/share', 'usr/share/doc']),
    )
  })

  it('has one that a later layer puts something into without listing it, be it a whiteout', () => {
    const below = layer('./', './etc/', './etc/hosts', './var/')
    expect(undefinedTimes([below, layer('./', './etc/passwd')])).toEqual(new Set(['etc']))
    expect(undefinedTimes([below, layer('./', './etc/.wh.hosts')])).toEqual(new Set(['etc']))
  })

  it('has it no longer once a later layer lists it', () => {
    expect(undefinedTimes([layer('./', './etc/a'), layer('./', './etc/')])).toEqual(new Set())
  })
})

it('lists what a layer holds', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'windlass-listed-spec-'))
  onTestFinished(() => rm(directory, { recursive: true }))
  const blob = join(directory, 'layer')
  await writeFile(
    blob,
    gzipSync(packEntries([{ path: './' }, { path: './a/' }, { path: 'a/b', content: 'c' }])),
  )
  expect(await listed(blob)).toEqual(layer('./', './a/', 'a/b'))
})
