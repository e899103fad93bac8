import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { appendFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, describe, expect, it, vi } from 'vitest'
import { Store } from '../../../lib/store/index.js'
import { FileLock } from '../../../lib/store/locks/file-lock.js'
import { lockWaitMs } from '../../../lib/store/locks/metadata-lock.js'
import { locksAvailable } from '../../../lib/system/index.js'
import { failure } from '../../support/failure.js'
import { Child } from '../../support/store/child.js'
import { diskCalls } from '../../support/store/disk-calls.js'
import { commitLayer, descriptorOf, layerBlob, putNamed } from '../../support/store/images-in-a-store.js'
import { TemporaryStores } from '../../support/store/temporary-store.js'

const digest = descriptorOf('x').digest
const corrupt = { code: 'STORE_CORRUPT', exitCode: 7 }

describe('the store', () => {
  const stores = new TemporaryStores()
  const staging = (directory: string): string[] => readdirSync(join(directory, 'staging'))

  it('reports a dangling link in its path, and creates nothing', async () => {
    const link = stores.fresh()
    symlinkSync('nowhere', link)
    for (const below of ['', 'store', 'a/b/c'])
      await expect(stores.open(join(link, below))).rejects.toMatchObject({
        code: 'STORE_DENIED',
        message: expect.stringContaining(`${link} is a symbolic link to a path that does not exist`),
      })
    expect(existsSync(link)).toBe(false)
  })

  it('is an OCI image layout of this user alone, whatever the umask', async () => {
    const umask = process.umask(0)
    const store = await stores.open(join(stores.fresh(), 'made', 'too'))
    await commitLayer(store, 'a')
    process.umask(umask)
    expect(readdirSync(store.directory).sort()).toEqual(
      ['blobs', 'index.json', 'layers', 'lock', 'oci-layout', 'partial', 'staging', 'windlass.json'].sort(),
    )
    expect(JSON.parse(readFileSync(join(store.directory, 'oci-layout'), 'utf8'))).toEqual({
      imageLayoutVersion: '1.0.0',
    })
    for (const path of ['', 'blobs', 'layers', 'layers/sha256', 'partial', 'staging'])
      expect(lstatSync(join(store.directory, path)).mode & 0o777).toBe(0o700)
    expect(lstatSync(await store.stagingDirectory()).mode & 0o777).toBe(0o700)
  })

  it('is opened again unchanged, also through a link', async () => {
    const directory = stores.fresh()
    const first = await stores.open(directory)
    await putNamed(first, 'a:latest', '{}')
    const link = stores.fresh()
    symlinkSync(directory, link)
    const second = await stores.open(link)
    expect(second.directory).toBe(realpathSync(directory))
    expect(await second.names.list()).toHaveLength(1)
  })

  it('is not created if that is not allowed', async () => {
    const directory = stores.fresh()
    await expect(Store.open(directory, { create: false })).rejects.toMatchObject(corrupt)
    expect(existsSync(directory)).toBe(false)
    mkdirSync(directory)
    await expect(Store.open(directory, { create: false })).rejects.toMatchObject(corrupt)
    expect(readdirSync(directory)).toEqual([])
  })

  it('is not created among other files, except those of an interrupted creation', async () => {
    const directory = stores.fresh()
    mkdirSync(join(directory, 'blobs'), { recursive: true })
    writeFileSync(join(directory, '.new-0123456789abcdef'), '')
    writeFileSync(join(directory, 'thesis.txt'), 'x')
    await expect(Store.open(directory)).rejects.toMatchObject(corrupt)
    expect(readdirSync(directory).sort()).toEqual(['.new-0123456789abcdef', 'blobs', 'thesis.txt'])
    execFileSync('rm', [join(directory, 'thesis.txt')])
    await expect(stores.open(directory)).resolves.toBeInstanceOf(Store)
  })

  it('removes the files of a process that was killed while it created the store', async () => {
    const directory = stores.fresh()
    mkdirSync(directory)
    writeFileSync(join(directory, '.new-0123456789abcdef'), 'half of a file')
    await stores.open(directory)
    expect(readdirSync(directory).filter((name) => name.startsWith('.new-'))).toEqual([])
  })

  it('is created once by several callers at once', async () => {
    const directory = stores.fresh()
    const all = await Promise.all(Array.from({ length: 5 }, () => stores.open(directory)))
    await Promise.all(all.map((store, at) => putNamed(store, `image-${at}:latest`, `${at}`)))
    expect(await all[0]!.names.list()).toHaveLength(5)
  })

  it('rejects a directory that is not a store, and a newer store', async () => {
    for (const [file, text] of [
      ['oci-layout', 'x'],
      ['oci-layout', '{"imageLayoutVersion":"2.0.0"}'],
      ['oci-layout', '[]'],
      ['windlass.json', '{"version":2}'],
      ['windlass.json', ''],
      ['windlass.json', '{"version":1.5}'],
      ['windlass.json', '{"version":0}'],
    ] as const) {
      const directory = stores.fresh()
      await (await Store.open(directory)).close()
      writeFileSync(join(directory, file), text)
      await expect(Store.open(directory)).rejects.toMatchObject(corrupt)
    }
    const file = stores.fresh()
    writeFileSync(file, '')
    await expect(Store.open(file)).rejects.toMatchObject({ exitCode: 7 })
  })

  it('rejects links at the paths of its directories', async () => {
    const directory = stores.fresh()
    await (await Store.open(directory)).close()
    execFileSync('rmdir', [join(directory, 'layers')])
    symlinkSync('/tmp', join(directory, 'layers'))
    await expect(Store.open(directory)).rejects.toMatchObject(corrupt)
  })

  it('rejects a link at the path of any directory that it reads', async () => {
    for (const name of ['blobs', 'partial', 'layers']) {
      const directory = stores.fresh()
      await (await Store.open(directory)).close()
      execFileSync('rmdir', [join(directory, name)])
      symlinkSync('/tmp', join(directory, name))
      await expect(Store.open(directory)).rejects.toMatchObject(corrupt)
      rmSync(join(directory, name))
      mkdirSync(join(directory, name))
      symlinkSync('/tmp', join(directory, name, 'sha256'))
      await expect(Store.open(directory)).rejects.toMatchObject(corrupt)
    }
  })

  it('denies access to other users, even if its directory existed with other permissions', async () => {
    const directory = stores.fresh()
    mkdirSync(directory)
    chmodSync(directory, 0o755)
    await stores.open(directory)
    expect(lstatSync(directory).mode & 0o777).toBe(0o700)
  })

  it('writes oci-layout only after syncing what an earlier process created', async () => {
    const directory = stores.fresh()
    await (await Store.open(directory)).close()
    rmSync(join(directory, 'oci-layout'))
    const calls = diskCalls(directory)
    await stores.open(directory)
    const named = calls.findIndex((call) => /^rename \.new-\w+ oci-layout$/.test(call))
    const written = calls.findIndex((call) => /^sync \.new-\w+$/.test(call))
    expect(calls.indexOf('sync .')).toBeGreaterThanOrEqual(0)
    expect(calls.indexOf('sync .')).toBeLessThan(written)
    expect(written).toBeLessThan(named)
    expect(calls.indexOf('sync .', named)).toBeGreaterThan(named)
  })

  it('may have lost its oci-layout and have other files, and is then completed', async () => {
    const store = await stores.open()
    await putNamed(store, 'a:latest', '{}')
    await store.close()
    rmSync(join(store.directory, 'oci-layout'))
    writeFileSync(join(store.directory, 'notes.txt'), 'x')
    expect(await (await stores.open(store.directory)).names.list()).toHaveLength(1)
    expect(existsSync(join(store.directory, 'oci-layout'))).toBe(true)
  })

  it('is not created if that is cancelled while another process creates it', async () => {
    const directory = stores.fresh()
    mkdirSync(directory)
    const lock = await FileLock.take(join(directory, 'lock'))
    const { total } = lockWaitMs
    lockWaitMs.total = 5_000
    const stop = new AbortController()
    setTimeout(() => stop.abort(), 20)
    const failed = await failure(Store.open(directory, { signal: stop.signal }))
    lockWaitMs.total = total
    expect(failed.code).toBe('CANCELLED')
    await lock?.release()
    expect(readdirSync(directory)).toEqual(['lock'])
  })

  it('is closed to its end, with a warning, if a part of it cannot be closed', async () => {
    const warnings: string[] = []
    const store = await stores.open(undefined, { onWarning: (message) => warnings.push(message) })
    await store.hold(digest)
    vi.spyOn(store.layers, 'close').mockRejectedValue(new Error('EIO'))
    await store.close()
    expect(warnings).toEqual([
      `Failed to remove the temporary files of this process at ${store.directory}: EIO`,
    ])
    expect(staging(store.directory)).toEqual([])
  })

  it('denies other users access to its layers in a layout of another tool', async () => {
    const directory = stores.fresh()
    for (const name of ['layers', 'blobs']) {
      mkdirSync(join(directory, name), { recursive: true })
      chmodSync(join(directory, name), 0o755)
    }
    writeFileSync(join(directory, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}')
    writeFileSync(join(directory, 'index.json'), '{"schemaVersion":2,"manifests":[]}')
    await stores.open(directory)
    expect(lstatSync(join(directory, 'layers')).mode & 0o777).toBe(0o700)
    // The tool and its users read the blobs.
    expect(lstatSync(join(directory, 'blobs')).mode & 0o777).toBe(0o755)
  })

  it('removes its staging directory when it is closed, and cannot be used afterwards (S0-73)', async () => {
    const directory = stores.fresh()
    const store = await stores.open(directory)
    expect(staging(directory)).toEqual([])
    await store.layers.stage()
    expect(staging(directory)).toHaveLength(1)
    await store.close()
    await store.close()
    expect(staging(directory)).toEqual([])
    await expect(store.stagingDirectory()).rejects.toMatchObject({ code: 'INTERNAL' })
  })

  it('lists what a run needs, for garbage collection', async () => {
    const store = await stores.open()
    await store.hold(digest, digest)
    await store.hold(digest)
    await commitLayer(store, 'a')
    const lines = readFileSync(join(await store.stagingDirectory(), 'holds'), 'utf8')
      .trimStart()
      .split('\n')
    expect(lines[0]).toBe(digest)
    expect(lines).toContain(layerBlob('a').digest)
    expect(new Set(lines).size).toBe(lines.length)
  })

  it.skipIf(!locksAvailable())(
    'removes the files of dead runs, but none of runs with a locked lock file',
    async () => {
      const directory = stores.fresh()
      const living = await stores.open(directory)
      const ours = await living.stagingDirectory()
      const child = new Child('hold-partial', directory, digest)
      const theirs = await child.line()
      mkdirSync(join(theirs, 'tree', 'closed'), { recursive: true })
      writeFileSync(Buffer.from(join(theirs, 'tree', 'na\xefve'), 'latin1'), '')
      mkdirSync(join(directory, 'staging', 'of-another-program'))
      mkdirSync(join(directory, 'staging', '0123456789abcdef'))
      await stores.open(directory)
      expect(existsSync(theirs)).toBe(true)
      expect(existsSync(ours)).toBe(true)
      await child.kill()
      expect(existsSync(theirs)).toBe(true)
      await stores.open(directory)
      expect(staging(directory).sort()).toEqual([ours.split('/').at(-1), 'of-another-program'].sort())
    },
  )

  describe.skipIf(process.getuid?.() !== 0 || process.platform !== 'linux')(
    'on a file system of its own',
    () => {
      const mounted = stores.fresh()
      mkdirSync(mounted)
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', mounted])
      afterAll(() => execFileSync('umount', ['-l', mounted]))
      const remount = (how: string): unknown => execFileSync('mount', ['-o', `remount,${how}`, mounted])
      const big = Buffer.alloc(1024 * 1024, 'x')

      it('reports a full disk, keeps its content, and continues when there is space', async () => {
        const store = await stores.open(join(mounted, 'store'))
        await putNamed(store, 'a:latest', '{}')
        const full = {
          code: 'STORE_FULL',
          exitCode: 7,
          message: expect.stringContaining(store.directory) as string,
        }
        const { digest: large } = descriptorOf(big)
        await expect(store.blobs.put(large, big)).rejects.toMatchObject(full)
        const staged = await store.layers.stage()
        await expect(appendFile(join(staged.path, 'file'), big)).rejects.toThrow('ENOSPC')
        await expect(putNamed(store, 'b:latest', 'b')).rejects.toMatchObject(full)
        expect((await store.names.list()).map(({ name }) => name)).toEqual(['a:latest'])
        await staged.discard()
        await putNamed(store, 'b:latest', 'b')
        expect(await store.blobs.has(large)).toBe(false)
        await store.close()
        expect(staging(store.directory)).toEqual([])
      })

      it('can be read if it is not writable', async () => {
        const store = await stores.open(join(mounted, 'read-only'))
        await putNamed(store, 'a:latest', '{}')
        await commitLayer(store, 'a')
        await store.close()
        remount('ro')
        try {
          const reading = await stores.open(store.directory)
          expect(await reading.names.list()).toHaveLength(1)
          expect(await reading.blobs.read(descriptorOf('{}').digest, 10)).toEqual(Buffer.from('{}'))
          expect(await reading.layers.findByBlob(layerBlob('a').digest)).toBeDefined()
          expect(await reading.partials.length(digest)).toBe(0)
          const refused = { code: 'STORE_READ_ONLY', exitCode: 7 }
          await expect(putNamed(reading, 'b:latest', 'b')).rejects.toMatchObject(refused)
          await expect(reading.layers.stage()).rejects.toMatchObject(refused)
          // What needs nothing to be written works.
          await reading.blobs.put(descriptorOf('{}').digest, Buffer.from('{}'))
          await reading.hold(digest)
          await (await reading.beginTree(join(stores.directory, 'a tree'))).release()
          await expect(reading.partials.acquire(digest)).rejects.toMatchObject(refused)
          await expect(Store.open(join(mounted, 'new'))).rejects.toMatchObject(refused)
          await reading.close()
        } finally {
          remount('rw')
        }
      })
    },
  )
})
