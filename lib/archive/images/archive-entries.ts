/**
 * Collects the entries of an archive of images: its files, and the links between them. No path of an archive is used as a path on
 * disk, so that a hostile archive cannot name another file.
 */
import { posix } from 'node:path'
import { quoted } from '../../codec/index.js'
import { quotedLatin1 } from '../tar/refusal.js'
import type { TarEntry } from '../tar/entry.js'
import type { ArchivedFile, ArchivedFiles } from './archived-file.js'
import { invalidImageArchive } from './invalid-archive.js'

/** Number of links that are followed from one path. */
const maxLinks = 8

/** The entries of an archive. A later entry replaces an earlier one of the same path. */
export class ArchiveEntries {
  readonly #files = new Map<string, ArchivedFile>()
  readonly #links = new Map<string, string>()

  /** @param label the archive, for errors */
  constructor(private readonly label: string) {}

  /**
   * Records a link. Returns the path of a file, which is to be passed to `addFile`; undefined for other entries.
   * @throws MANIFEST_INVALID for a path that leaves the archive, and for an entry that is not a file, a directory or a link
   */
  add(entry: TarEntry): string | undefined {
    const path = this.#pathOf(entry.path)
    if (entry.type === 'file' && !entry.sparse) {
      this.#links.delete(path)
      return path
    }
    if (entry.type === 'directory') return undefined
    if (entry.type !== 'symlink' && entry.type !== 'hardlink')
      throw invalidImageArchive(
        this.label,
        `${quotedLatin1(entry.path)} is neither a file nor a directory nor a link`,
      )
    const base = entry.type === 'symlink' ? posix.dirname(path) : '.'
    this.#links.set(path, this.#pathOf(entry.linkTarget, base))
    this.#files.delete(path)
    return undefined
  }

  /** Adds a file, whose content may be complete only after later entries were added. */
  addFile(path: string, file: ArchivedFile): void {
    if (!this.#links.has(path)) this.#files.set(path, file)
  }

  /** Returns the files, and those that links lead to. Links that lead nowhere or in a circle are left out. */
  files(): ArchivedFiles {
    const all = new Map(this.#files)
    for (const path of this.#links.keys()) {
      let target: string | undefined = path
      for (let count = 0; target !== undefined && count < maxLinks && this.#links.has(target); count++)
        target = this.#links.get(target)
      const file = target === undefined ? undefined : this.#files.get(target)
      if (file) all.set(path, file)
    }
    return all
  }

  /** Returns a normalised path within the archive. */
  #pathOf(raw: string, base = '.'): string {
    const path = latin1(raw)
    const normal = posix.join(base, path).replace(/\/$/, '')
    if (posix.isAbsolute(path) || normal === '..' || normal.startsWith('../') || path.includes('\0'))
      throw invalidImageArchive(this.label, `the path ${quoted(path)} leads out of the archive`)
    return normal
  }
}

/** Names are latin1, with one character per byte. */
const latin1 = (text: string): string => Buffer.from(text, 'latin1').toString('utf8')
