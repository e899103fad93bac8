import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { readRegistries } from '../../../../../lib/registry/hosts/containers/containers-files.js'
import { HostFiles } from '../../../../../lib/registry/hosts/files/host-files.js'
import type { ContainersPlaces } from '../../../../../lib/registry/hosts/host-places.js'
import { temporaryDirectory } from '../../../../support/temporary-directory.js'

let directory = ''
beforeEach(() => (directory = temporaryDirectory()))
const at = (name: string): string => join(directory, name)

/** Writes a file whose only setting is the registry that is searched, and aliases. */
function write(
  name: string,
  searched: string | undefined,
  aliases: Readonly<Record<string, string>> = {},
): void {
  mkdirSync(dirname(at(name)), { recursive: true })
  const search = searched === undefined ? '' : `unqualified-search-registries = ["${searched}"]\n`
  const lines = Object.entries(aliases).map(([alias, target]) => `"${alias}" = "${target}"\n`)
  writeFileSync(at(name), `${search}[aliases]\n${lines.join('')}`)
}

function read(configured?: string) {
  const places: ContainersPlaces = {
    configured: configured === undefined ? undefined : { path: at(configured), namedBy: 'a test' },
    userFiles: [at('user.conf')],
    systemFiles: [at('etc.conf'), at('usr.conf')],
    userDirectories: [at('user.d')],
    systemDirectories: [at('usr.d'), at('etc.d')],
    recordedAliases: [at('recorded.conf')],
  }
  const { shortNames } = readRegistries(new HostFiles(), places, {})
  const aliases = [...shortNames.aliases].map(([alias, { target }]) => [alias, target])
  return { searched: shortNames.searchRegistries, aliases: Object.fromEntries(aliases) as object }
}

describe('the files of registries.conf', () => {
  it('have the first main file that exists, of the system or of the user', () => {
    expect(read().searched).toEqual([])
    write('usr.conf', 'usr.io')
    expect(read().searched).toEqual(['usr.io'])
    write('etc.conf', 'etc.io')
    expect(read().searched).toEqual(['etc.io'])
    write('user.conf', 'user.io')
    expect(read().searched).toEqual(['user.io'])
    write('own.conf', 'own.io')
    expect(read('own.conf').searched).toEqual(['own.io'])
    expect(() => read('missing.conf')).toThrow(/a test/)
  })

  it('have drop-in files, the last of which by name has precedence, and those of the user above all', () => {
    write('etc.conf', 'etc.io', { a: 'etc.io/a', own: 'etc.io/own' })
    write('usr.d/20.conf', '20.io', { a: '20.io/a' })
    write('etc.d/10.conf', '10.io', { a: '10.io/a' })
    write('etc.d/30.txt', '30.io')
    expect(read()).toEqual({ searched: ['20.io'], aliases: { a: '20.io/a', own: 'etc.io/own' } })
    write('user.d/00.conf', undefined, { a: 'user.io/a' })
    expect(read()).toEqual({ searched: ['20.io'], aliases: { a: 'user.io/a', own: 'etc.io/own' } })
  })

  it('have a drop-in file of the administrator in place of one of the same name of the system', () => {
    write('usr.d/10.conf', 'usr.io', { a: 'usr.io/a' })
    write('etc.d/10.conf', undefined, { b: 'etc.io/b' })
    expect(read()).toEqual({ searched: [], aliases: { b: 'etc.io/b' } })
  })

  it('have no drop-in file of the system beside the main file of the user, but beside one that is named', () => {
    write('etc.d/10.conf', '10.io')
    write('user.conf', undefined, { a: 'user.io/a' })
    expect(read()).toEqual({ searched: [], aliases: { a: 'user.io/a' } })
    expect(read('user.conf').searched).toEqual(['10.io'])
  })

  it('have the aliases that Podman recorded last', () => {
    write('etc.conf', undefined, { a: 'etc.io/a' })
    write('recorded.conf', undefined, { a: 'recorded.io/a' })
    expect(read().aliases).toEqual({ a: 'recorded.io/a' })
  })

  it('are not read after a cancellation', () => {
    write('etc.conf', 'etc.io')
    const places = {
      ...{ configured: undefined, userFiles: [], systemFiles: [at('etc.conf')], userDirectories: [] },
      ...{ systemDirectories: [], recordedAliases: [] },
    }
    expect(() => readRegistries(new HostFiles(), places, { signal: AbortSignal.abort() })).toThrow()
  })
})
