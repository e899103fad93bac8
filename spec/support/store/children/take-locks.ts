/** Takes a lock and removes it, again and again; fails where another holds it meanwhile. */
import { rmSync, writeFileSync } from 'node:fs'
import { FileLock } from '../../../../lib/store/locks/file-lock.js'

const [path, milliseconds] = process.argv.slice(2) as [string, string]
const end = performance.now() + Number(milliseconds)
let taken = 0
while (performance.now() < end) {
  const lock = await FileLock.take(path)
  if (!lock) continue
  taken++
  writeFileSync(`${path}-holder`, '', { flag: 'wx' })
  rmSync(`${path}-holder`)
  await lock.release({ remove: true })
}
process.stdout.write(`${taken}\n`)
