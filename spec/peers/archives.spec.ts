import type { TarEntry } from '../../lib/archive/tar/entry.js'
import { parseNumericField, parsePaxTime } from '../../lib/archive/tar/numbers.js'
import { parsePax } from '../../lib/archive/tar/pax.js'
import { TarReader } from '../../lib/archive/tar/reader.js'
import { WindlassError } from '../../lib/errors.js'
import { contentOf, readArchive } from '../../testbench/archives/archive.js'
import { checkTable } from '../../testbench/peers/check-table.js'
import { refused } from '../../testbench/peers/row.js'
import { cutArchives } from '../../testbench/peers/tables/archives/archive-cuts.js'
import { archives } from '../../testbench/peers/tables/archives/archives.js'
import { sparseFiles } from '../../testbench/peers/tables/archives/sparse-files.js'
import { paxRecords, paxTimes, tarNumbers } from '../../testbench/peers/tables/archives/tar-numbers.js'

checkTable(tarNumbers, (field) =>
  String(parseNumericField(Buffer.from(field, 'latin1'), 0, field.length, 'field')),
)

checkTable(paxTimes, (text) => String(parsePaxTime(text) ?? refused))

const utf8 = (latin1: string): string => Buffer.from(latin1, 'latin1').toString('utf8')

checkTable(paxRecords, (body) => {
  const records = [...parsePax(Buffer.from(body, 'utf8'))]
  return JSON.stringify(Object.fromEntries(records.map(([key, value]) => [utf8(key), utf8(value)])))
})

const listed = ({ type, path, size, linkTarget, xattrs }: TarEntry): string =>
  [
    `${type} ${path}`,
    ...(type === 'file' ? [String(size)] : []),
    ...(linkTarget === '' ? [] : [`to ${linkTarget}`]),
    ...[...xattrs].map(([name, value]) => `${name}=${value.toString('latin1')}`),
  ].join(' ')

checkTable(archives, (archive) => readArchive(archive).map(listed).join('; '))

checkTable(cutArchives, (archive) => {
  let entries = 0
  try {
    const reader = new TarReader({ entry: () => entries++, data: () => undefined, end: () => undefined })
    if (archive.length > 0) reader.write(archive)
    reader.finish()
    return `${entries} entries`
  } catch (error) {
    if (!(error instanceof WindlassError)) throw error
    return `${entries} entries, then refused`
  }
})

checkTable(sparseFiles, (archive) => {
  const [file] = readArchive(archive)
  if (file === undefined) return 'nothing'
  if (file.size > 4096)
    return `${file.size} bytes, ${file.parts.map(({ offset, bytes }) => `${bytes.length} at ${offset}`).join(', ')}`
  return contentOf(file).toString('latin1').replaceAll('\0', '.')
})
