import { execFileSync } from 'node:child_process'
import { mkdirSync, renameSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { HostFiles } from '../../../../../lib/registry/hosts/files/host-files.js'
import { temporaryDirectory } from '../../../../support/temporary-directory.js'

const directory = temporaryDirectory()
const at = (name: string): string => join(directory, name)
const length = (text: string): number => text.length

describe('a configuration file', () => {
  it('is parsed again only after it has changed', () => {
    const files = new HostFiles()
    const parse = vi.fn(length)
    writeFileSync(at('a'), 'one')
    expect([files.read(at('a'), parse), files.read(at('a'), parse)]).toEqual([3, 3])
    expect(parse).toHaveBeenCalledTimes(1)
    expect(files.read(at('a'), (text) => text)).toBe('one')
    writeFileSync(at('b'), 'seven')
    renameSync(at('b'), at('a'))
    expect(files.read(at('a'), parse)).toBe(5)
  })

  it('may be missing, a symbolic link, or /dev/null', () => {
    const files = new HostFiles()
    writeFileSync(at('real'), 'text')
    symlinkSync('real', at('link'))
    expect(files.read(at('link'), length)).toBe(4)
    expect(files.read(at('none'), length)).toBeUndefined()
    expect(files.read(at('real/none'), length)).toBeUndefined()
    expect(files.read('/dev/null', length)).toBe(0)
    expect(files.readRequired('/dev/null', length, 'X')).toBe(0)
    expect(() => files.readRequired(at('none'), length, 'X')).toThrow(
      `X names "${at('none')}", which does not exist`,
    )
  })

  it('must be a regular file of limited size, and never blocks', () => {
    const files = new HostFiles()
    execFileSync('mkfifo', [at('fifo')])
    mkdirSync(at('directory'))
    writeFileSync(at('large'), '')
    truncateSync(at('large'), 2 ** 20 + 1)
    for (const [name, problem] of [
      ['fifo', 'it is a FIFO'],
      ['directory', 'it is a directory'],
      ['large', 'more than the maximum of'],
    ] as const) {
      expect(() => files.read(at(name), length)).toThrow(problem)
      expect(() => files.read(at(name), length)).toThrow(
        expect.objectContaining({ code: 'USAGE', hint: 'Correct the file, or remove it.' }),
      )
    }
  })

  it('is not read after a cancellation', () => {
    const request = { signal: AbortSignal.abort() }
    expect(() => new HostFiles().read(at('a'), length, request)).toThrow(
      expect.objectContaining({ code: 'CANCELLED' }),
    )
  })
})

describe('a directory', () => {
  it('is listed by name, without its directories', () => {
    const files = new HostFiles()
    mkdirSync(at('list/c'), { recursive: true })
    for (const name of ['b', 'a', 'd']) writeFileSync(at(`list/${name}`), '')
    expect(files.list(at('list'))).toEqual([at('list/a'), at('list/b'), at('list/d')])
    expect(files.list(at('list/none'))).toEqual([])
    expect(files.list(at('list/a'))).toEqual([])
  })

  it('has a limited number of entries', () => {
    mkdirSync(at('many'))
    for (let index = 0; index < 1001; index++) writeFileSync(at(`many/${index}`), '')
    expect(() => new HostFiles().list(at('many'))).toThrow('it has more than 1000 entries')
  })
})
