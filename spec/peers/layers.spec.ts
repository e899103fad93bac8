import { lstatSync, readFileSync, readdirSync, readlinkSync, statSync } from 'node:fs'
import path from 'node:path'
import { afterAll } from 'vitest'
import { layer } from '../../testbench/corpus/entries.js'
import { Playground } from '../../testbench/corpus/playground.js'
import { checkTable } from '../../testbench/peers/check-table.js'
import type { LayerCase, TreeProperty } from '../../testbench/peers/tables/archives/layer-look.js'
import { layers as table } from '../../testbench/peers/tables/archives/layers.js'
import { layersOfUmoci } from '../../testbench/peers/tables/archives/layers-of-umoci.js'

const playground = new Playground()
afterAll(() => playground.close())

async function meaning({ layers, property }: LayerCase): Promise<string> {
  const { root, error } = await playground.unpack(
    layers.map((parts) => layer(...parts)),
    'apply',
  )
  try {
    if ('outside' in property)
      return (await playground.changesOutside(root)).length === 0 ? 'untouched' : 'changed'
    if (error !== undefined) throw error
    return seen(property, root)
  } finally {
    playground.remove(root)
  }
}

checkTable(table, meaning)

checkTable(layersOfUmoci, meaning)

function seen(look: Exclude<TreeProperty, { outside: true }>, root: string): string {
  if ('list' in look) return listed(root, look.list).join(' ')
  if ('content' in look) {
    const found = resolved(root, look.content)
    return found === undefined ? 'absent' : readFileSync(found, 'latin1')
  }
  const [a, b] = look.same.map((each) => statSync(resolved(root, each) ?? '').ino)
  return a === b ? 'same file' : 'different files'
}

/** Every path below `directory` but itself, directories with a slash, in order. */
function listed(root: string, directory: string): string[] {
  return readdirSync(path.join(root, directory), { withFileTypes: true })
    .flatMap((entry) => {
      const name = path.join(directory, entry.name)
      return entry.isDirectory() ? [`${name}/`, ...listed(root, name)] : [name]
    })
    .sort()
}

/** The path that `name` leads to when `root` is the root; undefined where nothing is there. */
function resolved(root: string, name: string, links = 40): string | undefined {
  const parts = path.posix.normalize(`/${name}`).split('/').slice(1)
  for (let at = 1; at <= parts.length; at++) {
    const here = path.join(root, ...parts.slice(0, at))
    const found = lstatSync(here, { throwIfNoEntry: false })
    if (found === undefined || links === 0) return undefined
    if (!found.isSymbolicLink()) continue
    const target = readlinkSync(here)
    const from = target.startsWith('/') ? [] : parts.slice(0, at - 1)
    return resolved(root, [...from, target, ...parts.slice(at)].join('/'), links - 1)
  }
  return path.join(root, ...parts)
}
