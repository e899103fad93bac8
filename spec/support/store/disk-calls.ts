/** What the store asks of the disk, in order: for what must be synced before something else is done. */
import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { onTestFinished, vi } from 'vitest'
import { SyncFile } from '../../../lib/system/files.js'

/**
 * From now on, until the test is over: `rename A B`, `unlink A`, `rmdir A`, `mkdir A`, `sync A`, each path without
 * `root` and the slash that follows it.
 */
export function diskCalls(root: string): string[] {
  const calls: string[] = []
  const shown = (path: unknown): string =>
    String(path)
      .replaceAll(`${root}/`, '')
      .replace(new RegExp(`^${root}$`), '.')
  const note = (call: string, ...paths: unknown[]): void =>
    void calls.push([call, ...paths.map(shown)].join(' '))
  const spies = [
    watch(fs, 'renameSync', (from, to) => note('rename', from, to)),
    watch(fs, 'unlinkSync', (path) => note('unlink', path)),
    watch(fs, 'mkdirSync', (path) => note('mkdir', path)),
    watch(fs.promises, 'rename', (from, to) => note('rename', from, to)),
    watch(fs.promises, 'unlink', (path) => note('unlink', path)),
    watch(fs.promises, 'rmdir', (path) => note('rmdir', path)),
  ]
  // eslint-disable-next-line @typescript-eslint/unbound-method -- it is called with the file that it is called on
  const { sync } = SyncFile.prototype
  const synced = vi.spyOn(SyncFile.prototype, 'sync').mockImplementation(function (this: SyncFile) {
    note('sync', fs.readlinkSync(`/proc/self/fd/${this.fd}`))
    return sync.call(this)
  })
  const { open } = fs.promises
  const opened = vi.spyOn(fs.promises, 'open').mockImplementation(async (path, ...more) => {
    const file = await open(path, ...more)
    const syncIt = file.sync.bind(file)
    file.sync = () => {
      note('sync', path)
      return syncIt()
    }
    return file
  })
  syncBuiltinESMExports()
  onTestFinished(() => {
    for (const spy of [...spies, synced, opened]) spy.mockRestore()
    syncBuiltinESMExports()
  })
  return calls
}

/** Tells `see` of each call of the function `name`, which does what it did. */
function watch(of: object, name: string, see: (...values: unknown[]) => void) {
  const functions = of as Record<string, (...values: unknown[]) => unknown>
  const original = functions[name]!
  return vi.spyOn(functions, name).mockImplementation((...values) => {
    see(...values)
    return original(...values)
  })
}
