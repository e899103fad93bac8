/** Builds a tree outside of the store, says where, and goes on until it is killed. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { Store } from '../../../../lib/store/index.js'

const [directory, target] = process.argv.slice(2) as [string, string]
const store = await Store.open(directory)
const tree = await store.beginTree(target)
mkdirSync(tree.path)
process.stdout.write(`${tree.path}\n`)
for (let at = 0; ; at++) {
  writeFileSync(`${tree.path}/${at}`, 'x'.repeat(1_000))
  await new Promise((resolve) => setTimeout(resolve, 1))
}
