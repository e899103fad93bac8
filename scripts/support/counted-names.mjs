/**
 * Preloaded by `node --import`: replaces random names by a counter, so that two runs use the same paths. Use it only
 * with separate stores.
 */
import crypto from 'node:crypto'
import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'

let count = 0
const { randomBytes } = crypto

crypto.randomBytes = (size, ...rest) => {
  if (rest.length > 0 || size < 4) return randomBytes(size, ...rest)
  const bytes = Buffer.alloc(size)
  bytes.writeUInt32BE(++count, size - 4)
  return bytes
}
fs.promises.mkdtemp = async (prefix) => {
  const path = `${prefix}${String(++count).padStart(6, '0')}`
  await fs.promises.mkdir(path, 0o700)
  return path
}
syncBuiltinESMExports()
