/**
 * Explains errors of file system calls to the user with an error code, a clause and a hint. Used for the store,
 * downloads and unpacking, so that their wording is the same.
 */
import type { ErrorCode } from '../errors.js'
import { findClosedToOwner, findForeignEntry } from './closed-to-owner.js'
import { errnoOf } from './errno.js'
import { shellWord } from '../codec/shell-word.js'

/** What an error of the file system means to the user. */
export interface DiskMeaning {
  readonly code: ErrorCode
  /** A clause, for example `no space left`. */
  readonly says: string
  readonly hint: string
}

/** What the path belongs to: the store, or a directory outside of it that an image is unpacked into. */
export type DiskPlace = 'store' | 'target'

/** What a path that is written to belongs to: a `DiskPlace`, or the OCI image layout that an image is copied to. */
export type WrittenPlace = DiskPlace | 'layout'

/** A meaning whose hint depends on the place, because the hint says how to choose another one. */
type Meaning = Omit<DiskMeaning, 'hint'> & { readonly hint: (place: WrittenPlace) => string }

/** Returns a clause that suggests another place of the same kind. `where` is, for example, `on another disk`. */
const otherPlace = (place: WrittenPlace, where: string): string =>
  ({
    store: `use --store to name a store ${where}`,
    target: `name a directory ${where} to unpack into`,
    layout: `name a directory ${where} for the layout`,
  })[place]

/** Returns the sentence that says which images a full disk does not affect. */
const imagesAreIntact = (place: WrittenPlace): string =>
  `Images that are already in the ${place === 'layout' ? 'layout' : 'store'} are intact.`

const full: Meaning = {
  code: 'STORE_FULL',
  says: 'no space left',
  hint: (place) =>
    `Free some space (see df -h, and df -i for inodes), or ${otherPlace(place, 'on another disk')}. ${imagesAreIntact(place)}`,
}
const quota: Meaning = {
  code: 'STORE_FULL',
  says: 'the disk quota is used up',
  hint: (place) =>
    `Free some space or have the quota raised, or ${otherPlace(place, 'on another disk')}. ${imagesAreIntact(place)}`,
}
const denied: Meaning = {
  code: 'STORE_DENIED',
  says: 'permission denied',
  hint: (place) =>
    place === 'store'
      ? 'Use a store that belongs to this user (--store), or run as its owner.'
      : 'Name a directory that this user may write to, or run as its owner.',
}
const readOnly: Meaning = {
  code: 'STORE_READ_ONLY',
  says: 'the file system is read-only',
  hint: (place) =>
    ({
      store: 'Use --store to name a store on a writable file system.',
      target: 'Name a directory to unpack into that is on a writable file system.',
      layout: 'Name a directory for the layout that is on a writable file system.',
    })[place],
}
const tooManyOpenFiles: Meaning = {
  code: 'STORE_IO',
  says: 'too many open files',
  hint: () =>
    'Raise the limit of open files (ulimit -n), or download fewer layers at a time (--max-downloads).',
}
const tooLarge: Meaning = {
  code: 'STORE_IO',
  says: 'the file would be larger than the process or the file system allows',
  hint: (place) =>
    `Raise the limit of file sizes (ulimit -f), or ${otherPlace(place, 'on a file system that takes larger files')}.`,
}
const diskError: Meaning = {
  code: 'STORE_IO',
  says: 'the disk reports an error',
  hint: () => 'Check the system log for errors of this disk.',
}
const otherFileSystem: Meaning = {
  code: 'STORE_IO',
  says: 'it would have to move to another file system',
  hint: (place) =>
    ({
      store: 'Keep the whole store on one file system, or name another with --store.',
      target: 'Name a directory to unpack into that is not a mount point.',
      layout: 'Keep the whole layout on one file system, or name another.',
    })[place],
}

const meanings: Readonly<Record<string, Meaning>> = {
  ENOSPC: full,
  EDQUOT: quota,
  EACCES: denied,
  EPERM: denied,
  EROFS: readOnly,
  EMFILE: tooManyOpenFiles,
  ENFILE: tooManyOpenFiles,
  EFBIG: tooLarge,
  EIO: diskError,
  EXDEV: otherFileSystem,
}

/**
 * Returns the meaning of `error` if the process or the system has reached its limit of open files, otherwise undefined.
 * Opening a connection can fail with these errors as well.
 */
export function fileLimitMeaning(error: unknown): DiskMeaning | undefined {
  return meaningOf(error) === tooManyOpenFiles ? diskMeaning(error) : undefined
}

/**
 * Returns the meaning of an error of the file system, or undefined for other errors such as `ENOENT`.
 * @param path the path that was accessed; used if the error does not contain one
 * @param place what the path belongs to
 */
export function diskMeaning(
  error: unknown,
  path?: string,
  place: WrittenPlace = 'store',
): DiskMeaning | undefined {
  const meaning = meaningOf(error)
  if (meaning === undefined) return undefined
  const specificHint = errnoOf(error) === 'EACCES' ? accessHint(pathsOf(error, path)) : undefined
  return { code: meaning.code, says: meaning.says, hint: specificHint ?? meaning.hint(place) }
}

/** Returns the paths in `error`: two for a rename, one for other calls. Returns `path` if `error` contains none. */
function pathsOf(error: unknown, path: string | undefined): string[] {
  const { path: from, dest } = error as Partial<Record<'path' | 'dest', unknown>>
  const paths = [from, dest].filter((each) => typeof each === 'string')
  return paths.length > 0 || path === undefined ? paths : [path]
}

/**
 * Returns a hint with a command that grants access to one of `paths`; undefined if this user can neither grant it nor
 * take the path over.
 */
function accessHint(paths: readonly string[]): string | undefined {
  for (const path of paths) {
    const closed = findClosedToOwner(path)
    if (closed !== undefined) return `Give its owner access with “chmod u+rwX ${shellWord(closed)}”.`
    const foreign = findForeignEntry(path)
    if (foreign !== undefined)
      return (
        `It belongs to user ${foreign.uid}. To make it yours, run this as root: ` +
        `“chown -R ${process.geteuid?.()} ${shellWord(foreign.path)}”.`
      )
  }
  return undefined
}

function meaningOf(error: unknown): Meaning | undefined {
  const errno = errnoOf(error) ?? ''
  return Object.hasOwn(meanings, errno) ? meanings[errno] : undefined
}
