/** Replays the system calls of a trace on a modelled disk, each at its beginning and its end. */
import {
  type Disk,
  type DiskNode,
  DirectoryNode,
  FileNode,
  OtherNode,
  type Pending,
  type SyncCall,
} from './disk.js'
import type { Argument, SystemCall, TraceEvent } from './strace.js'

/** Effect of an event, for the rules. */
export interface Step {
  readonly line: number
  /** Whether the set of possible states of the disk has changed. */
  readonly changed: boolean
  /** Node that a rename or a link has published. */
  readonly named?: { readonly path: string; readonly node: DiskNode }
  /** Exit code of the process. */
  readonly exit?: number
}

type Named = Step['named'] | undefined

interface OpenFile {
  readonly node: DiskNode
  position: number
  readonly append: boolean
}

interface Work {
  readonly change: Pending
  readonly named?: Step['named']
}

/** Calls that strace must show: all that change, open or sync files, and those that could bypass the trace. */
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
  readonly #files = new Map<number, OpenFile>()
  readonly #work = new Map<SystemCall, Work>()
  readonly #syncs = new Map<SystemCall, number>()

  /** @param base path of the root of `disk`; calls outside of it are ignored */
  constructor(
    private readonly disk: Disk,
    private readonly base: string,
  ) {}

  step({ line, moment, call }: TraceEvent): Step {
    const failed = call.result !== undefined && call.result < 0
    if (failed) return { line, changed: false }
    if (moment === 'end') {
      this.#end(call)
      return { line, changed: false }
    }
    const exit = call.name === 'exit_group' ? Number(call.arguments[0]?.text) : undefined
    const before = this.#work.size
    const named = this.#begin(call)
    return {
      line,
      changed: this.#work.size > before,
      ...(named && { named }),
      ...(exit !== undefined && { exit }),
    }
  }

  /** Ends the process. Its pending calls may or may not have taken effect; the next sync covers them. */
  finish(): void {
    for (const { change } of this.#work.values()) this.disk.done(change)
    this.#work.clear()
    this.#syncs.clear()
    this.#files.clear()
  }

  #begin(call: SystemCall): Named {
    const { name, arguments: given } = call
    const [first, second, third, fourth] = given
    switch (name) {
      case 'open':
      case 'creat':
        return this.#open(call, pathOf(undefined, first), name === 'creat' ? 'O_CREAT|O_TRUNC' : second?.text)
      case 'openat':
        return this.#open(call, pathOf(first, second), third?.text)
      case 'close':
        this.#files.delete(descriptorOf(first))
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
        return this.#spoil(call, this.#opened(first), name === 'ftruncate' ? second : undefined)
      case 'copy_file_range':
      case 'splice':
        return this.#spoil(call, this.#opened(third))
      case 'truncate':
        return this.#spoil(call, this.#find(pathOf(undefined, first)), second)
      case 'fsync':
      case 'fdatasync':
      case 'syncfs':
      case 'sync':
        this.#syncs.set(call, this.disk.now)
        return undefined
      case 'rename':
        return this.#move(call, pathOf(undefined, first), pathOf(undefined, second))
      case 'renameat':
        return this.#move(call, pathOf(first, second), pathOf(third, fourth))
      case 'renameat2':
        if (given[4]?.text !== undefined && !/^(0|RENAME_NOREPLACE)$/.test(given[4].text))
          throw new Error(`renameat2 with ${given[4].text} is not modelled`)
        return this.#move(call, pathOf(first, second), pathOf(third, fourth))
      case 'link':
        return this.#link(call, pathOf(undefined, first), pathOf(undefined, second))
      case 'linkat':
        return this.#link(call, pathOf(first, second), pathOf(third, fourth))
      case 'unlink':
      case 'rmdir':
        return this.#make(call, pathOf(undefined, first), undefined)
      case 'unlinkat':
        return this.#make(call, pathOf(first, second), undefined)
      case 'mkdir':
        return this.#make(call, pathOf(undefined, first), new DirectoryNode())
      case 'mkdirat':
        return this.#make(call, pathOf(first, second), new DirectoryNode())
      case 'mknod':
        return this.#make(call, pathOf(undefined, first), new OtherNode())
      case 'symlink':
        return this.#make(call, pathOf(undefined, second), new OtherNode())
      case 'mknodat':
        return this.#make(call, pathOf(first, second), new OtherNode())
      case 'symlinkat':
        return this.#make(call, pathOf(second, third), new OtherNode())
      case 'chmod':
      case 'chown':
      case 'lchown':
      case 'setxattr':
      case 'lsetxattr':
      case 'removexattr':
      case 'lremovexattr':
        return this.#touch(call, this.#find(pathOf(undefined, first)))
      case 'fchmod':
      case 'fchown':
      case 'fsetxattr':
      case 'fremovexattr':
        return this.#touch(call, this.#opened(first))
      case 'fchmodat':
      case 'fchownat':
      case 'utimensat': {
        const byDescriptor = second?.string === undefined || second.string === ''
        return this.#touch(call, byDescriptor ? this.#opened(first) : this.#find(pathOf(first, second)))
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

  #end(call: SystemCall): void {
    const { name, result = -1, arguments: given } = call
    const work = this.#work.get(call)
    if (work) this.disk.done(work.change)
    this.#work.delete(call)
    if (/^(open|openat|creat)$/.test(name)) {
      const path = name === 'openat' ? pathOf(given[0], given[1]) : pathOf(undefined, given[0])
      const node = this.#find(path)
      if (node) this.#files.set(result, { node, position: 0, append: /O_APPEND/.test(given[2]?.text ?? '') })
      else this.#files.delete(result)
    }
    if (/^dup/.test(name)) {
      const same = this.#files.get(descriptorOf(given[0]))
      if (same) this.#files.set(result, same)
    }
    const until = this.#syncs.get(call)
    this.#syncs.delete(call)
    if (until === undefined || result !== 0) return
    if (name === 'sync') this.disk.syncAll(until)
    else {
      const node = this.#opened(given[0])
      if (node && name === 'syncfs') this.disk.syncAll(until)
      else if (node) this.disk.sync(node, name as SyncCall, until) // one of the three names in the map above
    }
  }

  #open(call: SystemCall, path: string | undefined, flags = ''): Named {
    if (this.#inside(path) === undefined) return
    const found = this.#find(path)
    if (!found && /O_CREAT/.test(flags)) {
      const file = new FileNode()
      this.#make(call, path, file)
      this.disk.write(file, this.#change(call))
    } else if (found?.kind === 'file' && /O_TRUNC/.test(flags)) {
      this.disk.write(found, this.#change(call))
      found.content = ''
    }
  }

  #write(call: SystemCall, to?: Argument, data?: Argument, at?: number): Named {
    const file = this.#files.get(descriptorOf(to))
    const node = this.#opened(to)
    if (node?.kind !== 'file') return
    this.disk.write(node, this.#change(call))
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
  #spoil(call: SystemCall, node: DiskNode | undefined, length?: Argument): Named {
    if (node?.kind !== 'file') return
    this.disk.write(node, this.#change(call))
    const rest = Number(length?.text)
    node.content =
      node.content !== undefined && rest <= node.content.length ? node.content.slice(0, rest) : undefined
  }

  #touch(call: SystemCall, node: DiskNode | undefined): Named {
    if (node) this.disk.touch(node, this.#change(call))
    return undefined
  }

  #make(call: SystemCall, path: string | undefined, node: DiskNode | undefined): Named {
    const place = this.#place(path)
    if (place && (node ?? place.directory.get(place.name)))
      this.disk.enter(place.directory, place.name, node, this.#change(call))
    return undefined
  }

  #link(call: SystemCall, from: string | undefined, to: string | undefined): Named {
    const place = this.#place(to)
    if (!place || to === undefined) return undefined
    const node = this.#find(from)
    if (!node) throw new Error(`${from} is linked or moved to ${to}, but was never created`)
    this.disk.enter(place.directory, place.name, node, this.#change(call))
    return { path: to, node }
  }

  #move(call: SystemCall, from: string | undefined, to: string | undefined): Named {
    const named = this.#link(call, from, to)
    this.#make(call, from, undefined)
    return named
  }

  #change(call: SystemCall): Pending {
    const work = this.#work.get(call) ?? { change: this.disk.begin() }
    this.#work.set(call, work)
    return work.change
  }

  #opened(argument: Argument | undefined): DiskNode | undefined {
    const known = this.#files.get(descriptorOf(argument))
    return known?.node ?? this.#find(argument?.path)
  }

  /** Returns the names from the root to `path`; undefined for a path outside of the root. */
  #inside(path: string | undefined): string[] | undefined {
    if (path === undefined || !`${path}/`.startsWith(`${this.base}/`)) return undefined
    return path
      .slice(this.base.length)
      .split('/')
      .filter((name) => name !== '' && name !== '.')
  }

  #find(path: string | undefined): DiskNode | undefined {
    const names = this.#inside(path)
    return names && lookUp(this.disk.root, names)
  }

  #place(path: string | undefined): { directory: DirectoryNode; name: string } | undefined {
    const names = this.#inside(path)
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
function pathOf(at: Argument | undefined, path: Argument | undefined): string | undefined {
  if (path?.string === undefined) return undefined
  if (path.string.startsWith('/')) return path.string
  if (at?.path === undefined) throw new Error(`“${path.string}” is relative to an unknown directory`)
  return `${at.path}/${path.string}`
}

const descriptorOf = (argument: Argument | undefined): number => argument?.descriptor ?? -1
