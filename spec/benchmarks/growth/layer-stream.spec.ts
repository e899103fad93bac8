import { gzipSync } from 'node:zlib'
import { expect, it } from 'vitest'
import { layerArchive } from '../../../benchmarks/growth/layer-stream.js'
import { TarReader } from '../../../lib/archive/tar/reader.js'

function read(chunks: Iterable<Buffer>): { files: Map<string, number>; directories: Set<string> } {
  const [files, directories] = [new Map<string, number>(), new Set<string>()]
  let open = ''
  const reader = new TarReader({
    entry({ path, type }) {
      open = path
      if (type === 'directory') directories.add(path)
      else files.set(path, 0)
    },
    data: (chunk) => files.set(open, files.get(open)! + chunk.length),
    end: () => undefined,
  })
  for (const chunk of chunks) reader.write(chunk)
  reader.finish()
  expect(reader.ended).toBe(true)
  return { files, directories }
}

it('makes an archive of so many files of so many bytes, each behind its directory', () => {
  const { files, directories } = read(layerArchive({ seed: 3, files: 130, bytes: 1000 }))
  expect(files.size).toBe(130)
  expect(new Set(files.values())).toEqual(new Set([1000]))
  expect([...directories]).toEqual(['layer-3/', 'layer-3/0/', 'layer-3/1/', 'layer-3/2/'])
})

it('makes a file that is larger than a piece, out of bytes that compress to about half', () => {
  const bytes = 9_000_001
  const chunks = [...layerArchive({ seed: 1, files: 1, bytes })]
  expect(Math.max(...chunks.map(({ length }) => length))).toBeLessThan(bytes / 2)
  const { files } = read(chunks)
  expect([...files.values()]).toEqual([bytes])
  const ratio = gzipSync(Buffer.concat(chunks), { level: 1 }).length / bytes
  expect(ratio).toBeGreaterThan(0.4)
  expect(ratio).toBeLessThan(0.7)
})

it('is the same each time, and another for another seed', () => {
  const of = (seed: number): Buffer => Buffer.concat([...layerArchive({ seed, files: 3, bytes: 500 })])
  expect(of(1).equals(of(1))).toBe(true)
  expect(of(1).equals(of(2))).toBe(false)
})
