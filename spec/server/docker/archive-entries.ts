/** Archives that a test makes, and the entries of those that it received. */
import { extract, pack } from 'tar-stream'

/** An entry of an archive: content, or the target of a link. */
export interface Entry {
  readonly name: string
  readonly content?: Buffer | string
  readonly link?: string
  readonly type?: 'symlink' | 'link' | 'fifo' | 'directory'
}

export async function archiveOf(entries: readonly Entry[]): Promise<Buffer> {
  const archive = pack()
  for (const { name, content = '', link, type } of entries)
    archive.entry({ name, ...(type ? { type, linkname: link ?? '' } : {}) }, content)
  archive.finalize()
  const chunks: Buffer[] = []
  for await (const chunk of archive as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks)
}

export async function entriesOf(bytes: Buffer): Promise<Map<string, Buffer>> {
  const entries = new Map<string, Buffer>()
  const reader = extract()
  reader.end(bytes)
  for await (const entry of reader as unknown as AsyncIterable<
    AsyncIterable<Buffer> & { header: { name: string } }
  >) {
    const chunks: Buffer[] = []
    for await (const chunk of entry) chunks.push(chunk)
    entries.set(entry.header.name, Buffer.concat(chunks))
  }
  return entries
}
