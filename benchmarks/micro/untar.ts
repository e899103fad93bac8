/** Measures the cost of an entry of an archive, read only, and read and written to a tree. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { LayerApplier } from '../../lib/archive/rootfs/layer-applier.js'
import type { EntryHandler } from '../../lib/archive/tar/entry.js'
import { TarReader } from '../../lib/archive/tar/reader.js'
import { type LayerEntry, packEntries } from '../../lib/testing/images/index.js'
import type { Contender } from './contender.js'

const amount = 10_000
const chunk = 512 * 1024

function* entries(): Generator<LayerEntry> {
  for (let i = 0; i < amount; i++)
    yield i % 50 === 0
      ? { path: `d${Math.floor(i / 50)}/` }
      : { path: `d${Math.floor(i / 50)}/f${i}`, content: 'x'.repeat(2000) }
}

export function untar(): Contender[] {
  const archive = packEntries(entries())
  const read = (handler: EntryHandler): void => {
    const reader = new TarReader(handler)
    for (let at = 0; at < archive.length; at += chunk) reader.write(archive.subarray(at, at + chunk))
    reader.finish()
  }
  const nowhere: EntryHandler = { entry: () => undefined, data: () => undefined, end: () => undefined }
  const about = { group: 'an entry of a layer', unit: 'entry', amount } as const
  const under = existsSync('/dev/shm') ? '/dev/shm' : tmpdir()
  const roots: string[] = []
  return [
    { ...about, name: 'read', run: () => read(nowhere) },
    {
      ...about,
      name: 'read and written to a tree',
      run() {
        const root = mkdtempSync(join(under, 'windlass-untar-'))
        roots.push(root)
        const applier = new LayerApplier({ root, whiteouts: 'aufs' })
        read(applier)
        applier.finish()
      },
      clear: () => roots.splice(0).forEach((root) => rmSync(root, { recursive: true })),
    },
  ]
}
