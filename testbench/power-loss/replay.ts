/**
 * Replays the system calls of a trace on a modelled disk. A change is pending from the beginning of its call, and a
 * sync can cover it only after the end of the call.
 */
import {
  type Disk,
  type DiskNode,
  DirectoryNode,
  FileNode,
  OtherNode,
  type PendingChange,
  type SyncCall,
} from './disk.js'
import type { Argument, SystemCall, TraceEvent } from './strace.js'

/** Effect of an event on the disk. */
export interface Step {
  readonly line: number
  /** Whether the set of possible states of the disk has changed. */
  readonly changed: boolean
  /** Node that a rename or a link has published. */
  readonly named?: { readonly path: string; readonly node: DiskNode }
  /** Exit code of the process. */
  readonly exit?: number
}

type Publication = Step['named'] | undefined

interface OpenFile {
  readonly node: DiskNode
  position: number
  readonly append: boolean
}

/** Change of a call that has not returned. */
interface PendingCall {
  readonly change: PendingChange
  readonly named?: Step['named']
}

/** Calls that strace must show: those that change, open or sync files, and those whose effects strace cannot show. */
export const tracedCalls = [
  ...['open', 'openat', 'creat', 'close', 'dup', 'dup2', 'dup3', 'exit_group', 'exit'],
  ...['write', 'pwrite64', 'writev', 'pwritev', 'pwritev2', 'truncate', 'ftruncate', 'fallocate'],
  ...['copy_file_range', 'sendfile', 'splice', 'fsync', 'fdatasync', 'syncfs', 'sync'],
  ...['rename', 'renameat', 'renameat2', 'link', 'linkat', 'unlink', 'unlinkat', 'rmdir', 'mkdir', 'mkdirat'],
  ...['symlink', 'symlinkat', 'mknod', 'mknodat', 'chmod', 'fchmod', 'fchmodat', 'chown', 'fchown', 'lchown'],
  ...['fchownat', 'utimensat', 'setxattr', 'lsetxattr', 'fsetxattr', 'removexattr', 'lremovexattr'],
  ...['fremovexattr', 'io_uring_setup', 'openat2', 'sync_file_range', 'open_by_handle_at'],
] as const

export class Replay {
  readonly #openFiles = new Map<number, OpenFile>()
  readonly #pendingCalls = new Map<SystemCall, PendingCall>()
  readonly #syncStarts = new Map<SystemCall, number>()

  /** @param base path of the root of `disk`; calls outside of it are ignored */
  constructor(
    private readonly disk: Disk,
    private readonly base: string,
  ) {}

  step({ line, moment, call }: TraceEvent): Step {
    const failed = call.result !== undefined && call.result < 0
    if (failed) return { line, changed: false }
    if (moment === 'end') {
      this.#endCall(call)
      return { line, changed: false }
    }
    const exit = call.name === 'exit_group' ? Number(call.arguments[0]?.text) : undefined
    const before = this.#pendingCalls.size
    const named = this.#beginCall(call)
    return {
      line,
      changed: this.#pendingCalls.size > before,
      ...(named && { named }),
      ...(exit !== undefined && { exit }),
    }
  }

  /** Ends the process. The effects of its pending calls remain possible, and the next sync covers them. */
  finish(): void {
    for (const { change } of this.#pendingCalls.values()) this.disk.endChange(change)
    this.#pendingCalls.clear()
    this.#syncStarts.clear()
    this.#openFiles.clear()
  }

  #beginCall(call: SystemCall): Publication {
    const { name, arguments: given } = call
    const [first, second, third, fourth] = given
    switch (name) {
      case 'open':
      case 'creat':
        return this.#open(
          call,
          resolvePath(undefined, first),
          name === 'creat' ? 'O_CREAT|O_TRUNC' : second?.text,
        )
      case 'openat':
        return this.#open(call, resolvePath(first, second), third?.text)
      case 'close':
        this.#openFiles.delete(descriptorOf(first))
        return undefined
      case 'write':
      case 'pwrite64':
        return this.#write(call, first, second, name === 'write' ? undefined : Number(fourth?.text))
      case 'writev':
      case 'pwritev':
      case 'pwritev2':
      case 'ftruncate':
      case 'fallocate':
      case 'sendfile':
        return this.#setContentUnknown(
          call,
          this.#nodeOfDescriptor(first),
          name === 'ftruncate' ? second : undefined,
        )
      case 'copy_file_range':
      case 'splice':
        return this.#setContentUnknown(call, this.#nodeOfDescriptor(third))
      case 'truncate':
        return this.#setContentUnknown(call, this.#nodeAt(resolvePath(undefined, first)), second)
      case 'fsync':
      case 'fdatasync':
      case 'syncfs':
      case 'sync':
        this.#syncStarts.set(call, this.disk.now)
        return undefined
      case 'rename':
        return this.#move(call, resolvePath(undefined, first), resolvePath(undefined, second))
      case 'renameat':
        return this.#move(call, resolvePath(first, second), resolvePath(third, fourth))
      case 'renameat2':
        if (given[4]?.text !== undefined && !/^(0|RENAME_NOREPLACE)$/.test(given[4].text))
          throw new Error(`renameat2 with ${given[4].text} is not modelled`)
        return this.#move(call, resolvePath(first, second), resolvePath(third, fourth))
      case 'link':
        return this.#link(call, resolvePath(undefined, first), resolvePath(undefined, second))
      case 'linkat':
        return this.#link(call, resolvePath(first, second), resolvePath(third, fourth))
      case 'unlink':
      case 'rmdir':
        return this.#setEntry(call, resolvePath(undefined, first), undefined)
      case 'unlinkat':
        return this.#setEntry(call, resolvePath(first, second), undefined)
      case 'mkdir':
        return this.#setEntry(call, resolvePath(undefined, first), new DirectoryNode())
      case 'mkdirat':
        return this.#setEntry(call, resolvePath(first, second), new DirectoryNode())
      case 'mknod':
        return this.#setEntry(call, resolvePath(undefined, first), new OtherNode())
      case 'symlink':
        return this.#setEntry(call, resolvePath(undefined, second), new OtherNode())
      case 'mknodat':
        return this.#setEntry(call, resolvePath(first, second), new OtherNode())
      case 'symlinkat':
        return this.#setEntry(call, resolvePath(second, third), new OtherNode())
      case 'chmod':
      case 'chown':
      case 'lchown':
      case 'setxattr':
      case 'lsetxattr':
      case 'removexattr':
      case 'lremovexattr':
        return this.#changeAttributes(call, this.#nodeAt(resolvePath(undefined, first)))
      case 'fchmod':
      case 'fchown':
      case 'fsetxattr':
      case 'fremovexattr':
        return this.#changeAttributes(call, this.#nodeOfDescriptor(first))
      case 'fchmodat':
      case 'fchownat':
      case 'utimensat': {
        // The time of a blob is that of its last use. A power cut may lose it.
        if (name === 'utimensat' && isBlob(second?.string)) return undefined
        const byDescriptor = second?.string === undefined || second.string === ''
        return this.#changeAttributes(
          call,
          byDescriptor ? this.#nodeOfDescriptor(first) : this.#nodeAt(resolvePath(first, second)),
        )
      }
      case 'exit':
      case 'exit_group':
      case 'dup':
      case 'dup2':
      case 'dup3':
        return undefined
      case 'io_uring_setup':
        throw new Error('The process uses io_uring, whose operations strace does not show')
      default:
        throw new Error(`${name} is not modelled`)
    }
  }

  #endCall(call: SystemCall): void {
    const { name, result = -1, arguments: given } = call
    const work = this.#pendingCalls.get(call)
    if (work) this.disk.endChange(work.change)
    this.#pendingCalls.delete(call)
    if (/^(open|openat|creat)$/.test(name)) {
      const path = name === 'openat' ? resolvePath(given[0], given[1]) : resolvePath(undefined, given[0])
      const node = this.#nodeAt(path)
      if (node)
        this.#openFiles.set(result, { node, position: 0, append: /O_APPEND/.test(given[2]?.text ?? '') })
      else this.#openFiles.delete(result)
    }
    if (/^dup/.test(name)) {
      const same = this.#openFiles.get(descriptorOf(given[0]))
      if (same) this.#openFiles.set(result, same)
    }
    const until = this.#syncStarts.get(call)
    this.#syncStarts.delete(call)
    if (until === undefined || result !== 0) return
    if (name === 'sync') this.disk.syncAll(until)
    else {
      const node = this.#nodeOfDescriptor(given[0])
      if (node && name === 'syncfs') this.disk.syncAll(until)
      else if (node) this.disk.sync(node, name as SyncCall, until) // only these two names are left
    }
  }

  #open(call: SystemCall, path: string | undefined, flags = ''): Publication {
    if (this.#namesBelowBase(path) === undefined) return
    const found = this.#nodeAt(path)
    if (!found && /O_CREAT/.test(flags)) {
      const file = new FileNode()
      this.#setEntry(call, path, file)
      this.disk.changeBytes(file, this.#changeOf(call))
    } else if (found?.kind === 'file' && /O_TRUNC/.test(flags)) {
      this.disk.changeBytes(found, this.#changeOf(call))
      found.content = ''
    }
  }

  #write(call: SystemCall, to?: Argument, data?: Argument, at?: number): Publication {
    const file = this.#openFiles.get(descriptorOf(to))
    const node = this.#nodeOfDescriptor(to)
    if (node?.kind !== 'file') return
    this.disk.changeBytes(node, this.#changeOf(call))
    const bytes = data?.cut || call.result === undefined ? undefined : data?.string?.slice(0, call.result)
    const { content } = node
    const position = file && (file.append ? (content?.length ?? 0) : (at ?? file.position))
    if (file && at === undefined) file.position += call.result ?? 0
    node.content =
      content === undefined || bytes === undefined || position === undefined || position > content.length
        ? undefined
        : content.slice(0, position) + bytes + content.slice(position + bytes.length)
  }

  /** Marks the content as unknown, because the trace does not show it, unless `length` truncates it. */
  #setContentUnknown(call: SystemCall, node: DiskNode | undefined, length?: Argument): Publication {
    if (node?.kind !== 'file') return
    this.disk.changeBytes(node, this.#changeOf(call))
    const rest = Number(length?.text)
    node.content =
      node.content !== undefined && rest <= node.content.length ? node.content.slice(0, rest) : undefined
  }

  #changeAttributes(call: SystemCall, node: DiskNode | undefined): Publication {
    if (node) this.disk.changeAttributes(node, this.#changeOf(call))
    return undefined
  }

  #setEntry(call: SystemCall, path: string | undefined, node: DiskNode | undefined): Publication {
    const place = this.#directoryOf(path)
    if (place && (node ?? place.directory.get(place.name)))
      this.disk.setEntry(place.directory, place.name, node, this.#changeOf(call))
    return undefined
  }

  #link(call: SystemCall, from: string | undefined, to: string | undefined): Publication {
    const place = this.#directoryOf(to)
    if (!place || to === undefined) return undefined
    const node = this.#nodeAt(from)
    if (!node) throw new Error(`${from} is linked or moved to ${to}, but was never created`)
    this.disk.setEntry(place.directory, place.name, node, this.#changeOf(call))
    return { path: to, node }
  }

  #move(call: SystemCall, from: string | undefined, to: string | undefined): Publication {
    const named = this.#link(call, from, to)
    this.#setEntry(call, from, undefined)
    return named
  }

  #changeOf(call: SystemCall): PendingChange {
    const work = this.#pendingCalls.get(call) ?? { change: this.disk.beginChange() }
    this.#pendingCalls.set(call, work)
    return work.change
  }

  #nodeOfDescriptor(argument: Argument | undefined): DiskNode | undefined {
    const known = this.#openFiles.get(descriptorOf(argument))
    return known?.node ?? this.#nodeAt(argument?.path)
  }

  /** Returns the names from the root to `path`; undefined for a path outside of the root. */
  #namesBelowBase(path: string | undefined): string[] | undefined {
    if (path === undefined || !`${path}/`.startsWith(`${this.base}/`)) return undefined
    return path
      .slice(this.base.length)
      .split('/')
      .filter((name) => name !== '' && name !== '.')
  }

  #nodeAt(path: string | undefined): DiskNode | undefined {
    const names = this.#namesBelowBase(path)
    return names && lookUp(this.disk.root, names)
  }

  #directoryOf(path: string | undefined): { directory: DirectoryNode; name: string } | undefined {
    const names = this.#namesBelowBase(path)
    const name = names?.pop()
    if (!names || name === undefined) return undefined
    const directory = lookUp(this.disk.root, names)
    if (directory?.kind !== 'directory')
      throw new Error(`${path} is created in something that is not a directory`)
    return { directory, name }
  }
}

function lookUp(root: DirectoryNode, names: readonly string[]): DiskNode | undefined {
  let node: DiskNode | undefined = root
  for (const name of names) node = node?.kind === 'directory' ? node.get(name) : undefined
  return node
}

/** Resolves a path relative to the directory `at` unless it is absolute. */
function resolvePath(at: Argument | undefined, path: Argument | undefined): string | undefined {
  if (path?.string === undefined) return undefined
  if (path.string.startsWith('/')) return path.string
  if (at?.path === undefined) throw new Error(`“${path.string}” is relative to an unknown directory`)
  return `${at.path}/${path.string}`
}

const descriptorOf = (argument: Argument | undefined): number => argument?.descriptor ?? -1

/** Returns whether a path is that of a blob of a store. */
const isBlob = (path: string | undefined): boolean => /\/blobs\/sha\d+\/[0-9a-f]+$/.test(path ?? '')
