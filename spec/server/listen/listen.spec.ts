import { execFileSync } from 'node:child_process'
import { EventEmitter } from 'node:events'
import {
  closeSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createServer as createHttpServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { hostAndPort, isPortFree, listen } from '../../../server/listen/listen.js'
import { temporaryDirectory } from '../../support/temporary-directory.js'

const top = temporaryDirectory()
let made = 0
const place = (): string => join(top, String(++made))

function newServer(): Server {
  const server = createHttpServer()
  onTestFinished(() => void server.close())
  return server
}
const tcp = (port: number, host = '127.0.0.1') => ({ kind: 'tcp', host, port }) as const
const unix = (path: string) => ({ kind: 'unix', path }) as const

describe('a server on TCP', () => {
  it('has the address with the port that it got, in brackets for IPv6', async () => {
    const server = newServer()
    const bound = await listen(server, tcp(0))
    expect(bound).toBe(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
    expect(hostAndPort({ address: '::1', family: 'IPv6', port: 80 })).toBe('[::1]:80')
  })

  it('says where it cannot listen, why, and what to do, and can listen elsewhere then', async () => {
    const first = newServer()
    await listen(first, tcp(0))
    const { port } = first.address() as AddressInfo
    const second = newServer()
    await expect(listen(second, tcp(port))).rejects.toMatchObject({
      code: 'USAGE',
      message: expect.stringContaining(`Failed to listen on 127.0.0.1:${port}: `),
      hint: 'Another process listens there. Choose another address with --listen.',
    })
    const failed = await listen(second, tcp(0, '192.0.2.1')).catch((error: unknown) => error)
    expect(failed).toMatchObject({ code: 'USAGE', hint: undefined })
    await listen(second, tcp(0))
    // A failure later is not that of listening.
    const listeners = [first, second].flatMap((each) => [
      each.listenerCount('error'),
      each.listenerCount('listening'),
    ])
    const untouched = newServer().listenerCount('listening')
    expect(listeners).toEqual([0, untouched, 0, untouched])
  })
})

describe('a server on a unix socket', () => {
  it('makes the directory for its user alone, and the socket too, whatever the mask of the process is', async () => {
    const path = join(place(), 'deep', 'w.sock')
    const mask = process.umask(0)
    onTestFinished(() => void process.umask(mask))
    const server = newServer()
    let modeAtStart: number | undefined
    server.once('listening', () => (modeAtStart = statSync(path).mode & 0o777))
    expect(await listen(server, unix(path))).toBe(`unix:${path}`)
    expect(modeAtStart).toBe(0o600)
    expect(statSync(join(path, '..')).mode & 0o777).toBe(0o700)
    expect(process.umask(0)).toBe(0)
  })

  it('leaves the mask of the process as it was if it cannot listen', async () => {
    const mask = process.umask(0o22)
    onTestFinished(() => void process.umask(mask))
    const server = newServer()
    await listen(server, unix(place()))
    await expect(listen(server, unix(place()))).rejects.toThrow()
    expect(process.umask(0o22)).toBe(0o22)
  })

  it('refuses a path that is too long for a socket, instead of taking its beginning', async () => {
    const directory = place()
    const fitting = join(directory, 'x'.repeat(107 - directory.length - 1))
    expect(await listen(newServer(), unix(fitting))).toBe(`unix:${fitting}`)
    const server = newServer()
    await expect(listen(server, unix(`${fitting}y`))).rejects.toMatchObject({
      code: 'USAGE',
      message: `Failed to listen on ${fitting}y: the path of a socket may have 107 bytes at most`,
      hint: 'Choose a shorter path with --listen.',
    })
    expect([server.listening, readdirSync(directory).length]).toEqual([false, 1])
  })

  it('replaces a socket that nobody listens on, and nothing else', async () => {
    const directory = place()
    mkdirSync(directory)
    const stale = join(directory, 'stale.sock')
    const program = `require('net').createServer().listen(${JSON.stringify(stale)}, () => process.kill(process.pid, 9))`
    expect(() => execFileSync(process.execPath, ['-e', program])).toThrow()
    expect(lstatSync(stale).isSocket()).toBe(true)
    await listen(newServer(), unix(stale))

    const used = join(directory, 'used.sock')
    await listen(newServer(), unix(used))
    await expect(listen(newServer(), unix(used))).rejects.toMatchObject({
      message: `Failed to listen on ${used}: another server listens there`,
      hint: expect.stringContaining('Use that server'),
    })
    const file = join(directory, 'file')
    writeFileSync(file, 'kept')
    // A link is followed by nobody: what it leads to is not known to be a socket of this server.
    symlinkSync(used, join(directory, 'link'))
    for (const path of [file, join(directory, 'link')]) {
      await expect(listen(newServer(), unix(path))).rejects.toMatchObject({
        message: `Failed to listen on ${path}: it exists and is not a socket`,
      })
      expect(lstatSync(path).isSocket()).toBe(false)
    }
  })
})

describe('a server on an inherited socket', () => {
  /** A server that listens on what it inherits: a process cannot pass a socket to itself. */
  function inheriting(address: AddressInfo | string | null) {
    const server = Object.assign(new EventEmitter(), {
      listen: vi.fn(() => server.emit('listening')),
      address: () => address,
      close: vi.fn(),
    })
    return { server, listening: listen(server as unknown as Server, { kind: 'inherited', fd: 7 }) }
  }

  it.each([
    [null, 'the inherited socket'],
    ['/run/w.sock', 'unix:/run/w.sock'],
  ])('takes a unix socket (%s)', async (address, bound) => {
    const { server, listening } = inheriting(address)
    expect(await listening).toBe(bound)
    expect(server.listen).toHaveBeenCalledWith({ fd: 7 })
    expect(server.close).not.toHaveBeenCalled()
  })

  it('refuses TCP, for which it has no rules, and does not listen then', async () => {
    const { server, listening } = inheriting({ address: '127.0.0.1', port: 1, family: 'IPv4' })
    await expect(listening).rejects.toMatchObject({
      code: 'USAGE',
      message: 'Failed to listen on the inherited socket: it is not a unix socket',
      hint: expect.stringContaining('ListenStream='),
    })
    expect(server.close).toHaveBeenCalledOnce()
  })

  it('says that a descriptor is no socket', async () => {
    const fd = openSync('/dev/null', 'r')
    onTestFinished(() => closeSync(fd))
    await expect(listen(newServer(), { kind: 'inherited', fd })).rejects.toMatchObject({
      code: 'USAGE',
      message: expect.stringContaining('Failed to listen on the inherited socket: '),
    })
  })
})

describe('a port', () => {
  it('is free if nothing listens there, and stays free after the question', async () => {
    const server = newServer()
    await listen(server, tcp(0))
    const { port } = server.address() as AddressInfo
    expect(await isPortFree(port)).toBe(false)
    await new Promise((resolve) => server.close(resolve))
    expect([await isPortFree(port), await isPortFree(port)]).toEqual([true, true])
  })
})
